"""Products in 64 bits where they fit, held against whole numbers without bounds."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from streams.exact import FEW, SMALL, millionths, reaches

FIGURES = (
    st.integers(-(2**61), 2**61)
    | st.integers(-10_000_000, 10_000_000)
    | st.sampled_from([edge + step for edge in (SMALL, -SMALL) for step in (-1, 0, 1)])
)
SHARES = st.integers(-1_000_000, 1_000_000) | st.sampled_from([edge + step for edge in (FEW, -FEW) for step in (-1, 0, 1)])


@given(FIGURES, SHARES, FIGURES)
@example(SMALL - 1, FEW - 1, SMALL - 1)
@example(1 - SMALL, FEW - 1, SMALL - 1)
def test_a_share_is_reached_exactly(part: int, share: int, whole: int) -> None:
    assert reaches(part, share, whole) == (part * 1_000_000 >= share * whole)


@given(st.integers(-(2**40) + 1, 2**40 - 1), st.integers(1, 2**40 - 1), st.integers(-1, 1))
def test_a_share_is_reached_at_the_edge_and_not_below_it(share: int, whole: int, step: int) -> None:
    share %= FEW
    edge = -(-share * whole // 1_000_000)
    assert reaches(edge + step, share, whole) == (step >= 0)


@given(FIGURES, FIGURES.filter(bool))
def test_millionths_are_rounded_down(part: int, whole: int) -> None:
    assert millionths(part, whole) == part * 1_000_000 // whole
