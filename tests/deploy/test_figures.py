"""The tests of dashboard and alerts hang on this reading of expressions."""

from __future__ import annotations

import pytest

from tests.deploy.figures import asked, series, unknown


@pytest.mark.parametrize(
    ("expression", "names", "labels"),
    [
        ("up", {"up"}, set()),
        ('sum by (job) (up{job=~"a|by"}) == 0 or absent(up{job="c"})', {"up"}, {"job"}),
        ("histogram_quantile(0.99, sum by (le, channel) (rate(a_bucket[$__rate_interval])))", {"a_bucket"}, {"le", "channel"}),
        ("sum(a unless a offset 24h) / on (x) group_left (y) sum by (x) (b)", {"a", "b"}, {"x", "y"}),
        ("deriv(sum(a)[10m:30s]) > 1e3 and vector(0)", {"a"}, set()),
    ],
)
def test_names_and_labels_are_told_from_functions_words_and_strings(expression: str, names: set[str], labels: set[str]) -> None:
    assert asked(expression) == (names, labels)


def test_a_series_has_the_name_that_prometheus_keeps() -> None:
    found = series()
    assert found["wealthwatch_movements_total"] == {"source", "result", "job", "instance"}
    assert "wealthwatch_movements" not in found
    assert "le" in found["wealthwatch_commit_seconds_bucket"]
    assert "wealthwatch_commit_seconds" not in found
    assert found["wealthwatch_lag_movements"] == {"partition", "job", "instance"}


@pytest.mark.parametrize("expression", ["wealthwatch_movments_total", "sum by (feed) (wealthwatch_movements_total)", 'up{partition="1"}'])
def test_what_nobody_shows_is_found(expression: str) -> None:
    assert len(unknown(expression)) == 1
