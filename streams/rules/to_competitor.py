"""R05: money goes to an institution that the bank loses customers to, at once or bit by bit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from schemas.notifications import Window
from schemas.rules import Severity
from streams.memory import ELSEWHERE_DAYS, institution, name_of
from streams.money import to_text
from streams.portfolio import MOVES_ELSEWHERE, elsewhere_of
from streams.posting import Posting
from streams.rule import (
    CORRECTIONS,
    EXTERNAL_DEBIT,
    Bands,
    ConditionParameters,
    ConditionRule,
    EventRule,
    Facts,
    Finding,
    Floor,
    Measured,
    Parameters,
    Prepared,
    Said,
)
from streams.screens import Screen
from streams.screens.single import LatestWentTo, SentToReaches, sent_to
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money

Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=512)], ...], Field(min_length=1, max_length=1_000)]
INSTITUTIONS: Names = (
    "中信证券", "华泰证券", "国泰海通证券", "招商证券", "广发证券", "中金财富", "东方财富证券", "天天基金", "蚂蚁财富",
    "中国人寿", "中国平安", "中国太平洋人寿", "泰康人寿", "友邦人寿",
    "UBSWCHZH", "BAERCHZZ", "PICTCHGG", "LOYDCHGG",
    "海纳证券", "云杉财富", "远山私人银行", "Harbour Wealth",
)  # fmt: skip
"""Some brokers, fund platforms, life insurers and private banks, and those of the simulation: every bank has a list of its own."""
_MEANING = "Names of banks, brokers and insurers as the feed writes them, or BICs (the first eight characters)"


class CompetitorParameters(Parameters):
    """Who is a competitor, and from which amount on one payment to them matters."""

    institutions: Names = Field(INSTITUTIONS, description=_MEANING)
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(5)}


class ToCompetitor(EventRule[CompetitorParameters]):
    """One transfer, cheque or withdrawal to a listed bank, broker or insurer, external and >= abs_floor[tier].

    It went there if the counterparty's bank or name is, to the letter, one of `institutions`; of a BIC of eleven characters the first eight
    are compared. Card and bill payments pay for something and are none. Facts: `institution`, `abs_floor`.
    """

    rule_id = "R05"
    name = "to_competitor"
    causes = frozenset({EXTERNAL_DEBIT})
    from_floor = True
    parameters = CompetitorParameters

    def screens(self, prepared: Prepared[CompetitorParameters]) -> tuple[Screen, ...]:
        return (LatestWentTo(_numbers(prepared.parameters.institutions)),)

    def measure(self, situation: Situation, prepared: Prepared[CompetitorParameters]) -> Measured | None:
        posting, effect = situation.posting, situation.effect
        if posting is None or effect is None or effect.value < prepared.floor:
            return None
        return Measured(effect.value, prepared.floor) if _listed(posting, prepared.parameters.institutions) else None

    def facts(self, finding: Finding[CompetitorParameters]) -> Facts:
        who = _institution(finding.situation.posting, finding.prepared.parameters.institutions)
        return Facts(facts=(("institution", who), ("abs_floor", to_text(finding.prepared.floor))))

    def say(self, finding: Finding[CompetitorParameters]) -> Said:
        who = _institution(finding.situation.posting, finding.prepared.parameters.institutions)
        return Said(
            Text("大额资金转往同业", "Large transfer to a competitor"),
            Text("客户向{who}转出{amount}。", "The customer moved {amount} to {who}.").fill(
                who=who, amount=money(finding.measured.value, finding.situation.bank.base_currency)
            ),
            Text(
                "致电了解客户在他处寻求的产品或服务，提出可比方案。",
                "Call to learn what the customer looks for there, and offer something that compares.",
            ),
        )


class DrainParameters(ConditionParameters):
    """Who is a competitor, and the limit of each window, by dates: so many times the floor."""

    institutions: Names = Field(INSTITUTIONS, description=_MEANING)
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    limits: Annotated[
        dict[Annotated[int, Field(ge=1, le=ELSEWHERE_DAYS)], Annotated[Decimal, Field(gt=0)]],
        Field(description="By dates: so many times the floor"),
    ] = {90: Decimal(2)}
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(5)}


class CumulativeToCompetitor(ConditionRule[DrainParameters]):
    """Sum of the transfers, cheques and withdrawals to listed banks, brokers and insurers in 90 dates, today included, >= limit.

    All listed institutions together; which they are and what counts is as in to_competitor. The limit is `times` (2) x `abs_floor` of the
    tier. A reversal takes its original out. The 256 latest that went anywhere are remembered. Facts: `abs_floor`, `times`.
    """

    rule_id = "R05"
    name = "cumulative_to_competitor"
    causes = CORRECTIONS | {EXTERNAL_DEBIT}
    parameters = DrainParameters

    def screens(self, prepared: Prepared[DrainParameters]) -> tuple[Screen, ...]:
        listed = _numbers(prepared.parameters.institutions)
        return tuple(SentToReaches(days, limit, listed) for days, limit, _ in prepared.limits)

    def measure(self, situation: Situation, prepared: Prepared[DrainParameters]) -> Iterator[Measured]:
        listed, memory, today = _numbers(prepared.parameters.institutions), situation.customer.memory, situation.day
        for days, limit, facet in prepared.limits:
            yield Measured(sent_to(memory, listed, today - days + 1, today), limit, facet)

    def facts(self, finding: Finding[DrainParameters]) -> Facts:
        days = int(finding.measured.facet[:-1])
        first, last = window(finding.situation.day, days)
        floor = ("abs_floor", to_text(finding.prepared.floor))
        times = ("times", str(finding.prepared.parameters.limits[days]))
        return Facts(Window(name=finding.measured.facet, first=first, last=last), (floor, times))

    def say(self, finding: Finding[DrainParameters]) -> Said:
        days = finding.measured.facet[:-1]
        currency = finding.situation.bank.base_currency
        return Said(
            Text("资金持续转往同业", "Money drains to competitors"),
            Text(
                "近{days}日向同业累计转出{amount}，阈值{limit}。", "In {days} days {amount} went to competitors; the limit is {limit}."
            ).fill(days=days, amount=money(finding.measured.value, currency), limit=money(finding.measured.threshold, currency)),
            Text(
                "约客户面谈，了解转出原因，评估流失风险并提出方案。",
                "Arrange a talk: learn why the money goes there, and offer what would keep it here.",
            ),
        )


@lru_cache(maxsize=256)
def _numbers(names: tuple[str, ...]) -> frozenset[int]:
    """The institutions as the memory has them."""
    return frozenset(name_of(institution(name)) for name in names) | frozenset(name_of(name) for name in names)


def _listed(posting: Posting, names: tuple[str, ...]) -> bool:
    return posting.kind in MOVES_ELSEWHERE and not _numbers(names).isdisjoint(elsewhere_of(posting))


def _institution(posting: Any, names: tuple[str, ...]) -> str:
    """The name by which a movement's other side is on the list."""
    other = None if posting is None else posting.counterparty
    named = () if other is None else (other.name or "", other.bank or "")
    return next((name for name in named if name and not _numbers(names).isdisjoint({name_of(name), name_of(institution(name))})), "")


RULES = (ToCompetitor(), CumulativeToCompetitor())
