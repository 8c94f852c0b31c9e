"""The customers who play a planted story: quiet people, so that what is seen of them is the story."""

from __future__ import annotations

from dataclasses import dataclass

YUAN = 100


@dataclass(frozen=True, slots=True)
class Hold:
    """An account that a part begins with.

    Args:
        asset_class: as in the contract.
        worth: fen, or hundredths of the currency.
        instrument: its code, where it is held in units.
        matures: the day of the sample on which its term ends, where it has one.
        currency: of a further demand deposit.
    """

    asset_class: str
    worth: int
    instrument: str = ""
    matures: int = 0
    currency: str = "CNY"


@dataclass(frozen=True, slots=True)
class Part:
    """How a story's customer begins; money in fen.

    Args:
        tier: index of the tier in their profile.
        current: on the current account.
        income: monthly salary.
        fund: held in a fund.
        second: on a second demand deposit account.
        matures: fen and days of a structured deposit that matures.
        holds: what else they hold.
        owes: on a loan.
        salaried: the salary comes by itself every month.
        asleep: does nothing at all, but for the story.
        member: 1 or 2 in a household of two who follow each other, 0 where they live alone.
        target: the agreed share of each asset class.
        risk_profile: from 1 to 5; 0 leaves it to chance.
        birthday, anniversary: the day of the sample on which it falls; -1 leaves it to chance.
        spoken: days before the sample of the last contact; 0 leaves it to chance.
        standing: fen of a standing order, and its day of the month.
    """

    tier: int
    current: int
    income: int = 12_000 * YUAN
    fund: int = 0
    second: int = -1
    matures: tuple[int, int] = (0, 0)
    holds: tuple[Hold, ...] = ()
    owes: int = 0
    salaried: bool = True
    asleep: bool = False
    member: int = 0
    target: tuple[tuple[str, str], ...] = ()
    risk_profile: int = 0
    birthday: int = -1
    anniversary: int = -1
    spoken: int = 0
    standing: tuple[int, int] = (0, 0)
