"""What a rule is: it measures one number; its settings say from where on the number matters and how much.

A rule is one file in `streams/rules/` that ends in `RULE = ...`. It never changes what it is shown. The engine (`streams.decide`) compares,
opens, escalates, resolves and tells; the rule knows its definition and its words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.movements import Direction, Flow
from schemas.notifications import Classification, NotificationKind, Window
from schemas.rules import Severity
from schemas.settings import Tier
from streams.customer import Customer
from streams.memory import Passing
from streams.money import ceiling, to_units
from streams.screens import Screen
from streams.situation import Situation
from streams.wording import Text

Unit = Literal["money", "ratio", "count", "days"]
Cause = tuple[Flow, Direction]

EXTERNAL_CREDIT: Final[Cause] = (Flow.EXTERNAL, Direction.CREDIT)
EXTERNAL_DEBIT: Final[Cause] = (Flow.EXTERNAL, Direction.DEBIT)
CORRECTIONS: Final = frozenset({(Flow.CORRECTION, Direction.CREDIT), (Flow.CORRECTION, Direction.DEBIT)})
EVERYTHING: Final = frozenset((flow, direction) for flow in Flow for direction in Direction)

Bands = Annotated[
    dict[Severity, Annotated[Decimal, Field(gt=0)]],
    Field(min_length=1, description="Severities, each with the multiple of the threshold from which on it holds"),
]
"""From which multiple of the threshold on a finding has a severity; at least one."""
Floor = Annotated[Decimal, Field(gt=0, decimal_places=4)]
LONGEST_WINDOW: Final = 92
"""Dates. Time passes for a customer who does not move for no longer, so a longer window would never be seen to empty."""

INSUFFICIENT_HISTORY: Final = "insufficient history"
"""The answer of a rule that cannot measure yet: a result with a name."""
FAILED: Final = "failed"
"""The answer of a rule of the settings whose expression could not be evaluated; the book counts the fault (`RuleBook.failed`)."""


class Parameters(BaseModel):
    """A rule's thresholds with their defaults; an unknown one is refused. Money in the base currency, shares as fractions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bands: Bands = {Severity.NOTICE: Decimal(1)}

    def rules_named(self) -> frozenset[str]:
        """Other rules that the settings name; one that does not exist is refused."""
        return frozenset()

    def ordered_bands(self) -> tuple[tuple[Severity, Decimal], ...]:
        """The bands, lowest first."""
        return tuple(sorted(self.bands.items(), key=lambda band: band[1]))


class ConditionParameters(Parameters):
    """Adds what a condition needs to close and stay quiet."""

    rearm: Decimal = Field(Decimal("0.8"), gt=0, le=1, description="Resolves below this share of the threshold")
    cooldown_hours: int = Field(0, ge=0, le=87_600, description="Event time after a resolve in which it does not open again")


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Prepared(Generic[P]):
    """A rule's parameters for one tier, with the numbers that the hot path needs worked out."""

    parameters: P
    tier: Tier
    floor: int
    """Materiality floor in base-currency units: the rule's own, else the tier's."""
    share: tuple[int, int]
    """The gate's share of AUM as a ratio of whole numbers; (0, 1) where the rule has none."""
    bands: tuple[tuple[Severity, Decimal], ...]
    limits: tuple[tuple[int, int, str], ...]
    """Windows in days, their limit in base-currency units and their facet; empty where the rule has none."""
    shares: tuple[tuple[int, int, str], ...] = ()
    """Windows in days, their share in millionths and their facet; empty where the rule has none."""
    aum_floor: int = 0
    """Least AUM in base-currency units: the rule's own, else the floor of the lowest tier."""
    tiers: tuple[Tier, ...] = ()
    """All tiers of the bank."""
    country: str = ""
    """Whose working days count."""

    @classmethod
    def of(cls, parameters: P, tier: Tier, tiers: tuple[Tier, ...] = (), country: str = "") -> Prepared[P]:
        """Work the numbers out."""
        given = vars(parameters)  # pydantic answers an attribute that is not there by raising an error of many words
        floor = given.get("abs_floor") or tier.abs_floor
        share = Decimal(given.get("pct", 0)).as_integer_ratio()
        times: dict[int, Decimal] = given.get("limits", {})
        limits = tuple((days, ceiling(multiple * floor), f"{days}d") for days, multiple in times.items())
        parts: dict[int, Decimal] = given.get("shares", {})
        shares = tuple((days, int(part * 1_000_000), f"{days}d") for days, part in parts.items())
        least = to_units(given.get("aum_floor") or (tiers or (tier,))[0].abs_floor)
        return cls(parameters, tier, to_units(floor), share, parameters.ordered_bands(), limits, shares, least, tiers, country)

    def gate(self, aum_before: int) -> int:
        """The materiality gate: max(floor, share x AUM before), in base-currency units, rounded up so that >= is exact."""
        over, under = self.share
        return max(self.floor, -(-aum_before * over // under))


class Measured(NamedTuple):
    """One number of a rule, and from where on it matters; both in the rule's unit (money: base-currency units)."""

    value: int
    threshold: int
    facet: str = ""
    """Which of a rule's several numbers this is: a window, an account, a tier line."""
    unit: Unit | None = None
    """Where it is not the rule's own."""


class Facts(NamedTuple):
    """What the evidence adds to the numbers."""

    window: Window | None = None
    facts: tuple[tuple[str, str], ...] = ()


class Said(NamedTuple):
    """A finding's words."""

    title: Text
    body: Text
    action: Text


class Finding(NamedTuple, Generic[P]):
    """A rule has found something: what the words are made of."""

    situation: Situation
    prepared: Prepared[P]
    measured: Measured
    severity: Severity


class Rule(ABC, Generic[P]):
    """What event rules and condition rules share."""

    rule_id: ClassVar[str]
    name: ClassVar[str]
    kind: ClassVar[NotificationKind]
    unit: ClassVar[Unit] = "money"
    causes: ClassVar[frozenset[Cause]]
    """Movements that can change the answer."""
    parameters: ClassVar[type[Parameters]]
    of_household: ClassVar[bool] = False
    """It is asked about a household, all members together (`streams.household`), and not about a customer."""
    subject: ClassVar[Text] = Text("客户", "customer")
    """Whom it speaks of."""
    retracts: ClassVar[bool] = False
    """It takes back what another rule told; only R07 does."""
    classification: ClassVar[Classification | None] = None
    """Where what it says is not for the customer's manager."""
    at_close: ClassVar[bool] = False
    """Asked at the first tick of every date, which closes the one before: a condition by `measure`, an event rule by `measure_close`."""
    inhibits: ClassVar[frozenset[str]] = frozenset()
    """Names of rules that need not be told when this one is; the notifier's triage applies it (`handlers/inhibition.py` says to what)."""
    inhibits_s: ClassVar[int] = 0
    """Seconds of event time, from this finding on, in which it inhibits what other movements lead to, too; else only its own movement's."""

    def next_day(self, customer: Customer, day: int, prepared: Prepared[P]) -> int:  # noqa: ARG002
        """The next date after `day` (ordinals) at whose first tick it may have something to say of a customer who has long been quiet.

        0 for none. Time passes by itself only for `LONGEST_WINDOW` dates after the last movement.
        """
        return 0

    def facts(self, finding: Finding[P]) -> Facts:  # noqa: ARG002
        """What the evidence adds; nothing by default."""
        return Facts()

    def screens(self, prepared: Prepared[P]) -> tuple[Screen, ...] | None:  # noqa: ARG002
        """What must pass, one of them at least, for the rule to fire, or for a quiet facet of it to open, at a movement; None: ask always.

        They are looked at, in the fast part of the engine, instead of asking the rule. They may pass in vain, but must not fail in vain.
        """
        return None

    @abstractmethod
    def say(self, finding: Finding[P]) -> Said:
        """The finding in words, both languages."""


class EventRule(Rule[P]):
    """Fires once for the movement that triggers it."""

    kind = NotificationKind.EVENT
    from_floor: ClassVar[bool] = False
    """It never fires for a movement below the floor, and is not asked about one."""
    on_break: ClassVar[bool] = False
    """It is asked about the movements whose `balance_after` disagreed, whatever their cause."""
    latches: ClassVar[bool] = False
    """Having fired for a facet, it does not fire for it again until `rearms` says so."""

    @abstractmethod
    def measure(self, situation: Situation, prepared: Prepared[P]) -> Measured | str | None:
        """The number; INSUFFICIENT_HISTORY; or None where the rule does not apply."""

    def measure_close(self, situation: Situation, prepared: Prepared[P]) -> Iterator[Measured]:  # noqa: ARG002
        """At the first tick of a date: the numbers that fire on just this date, each with a facet of its own. Asked once a date."""
        yield from ()

    def made_of(self, situation: Situation, prepared: Prepared[P], facet: str) -> Iterable[str]:  # noqa: ARG002
        """Identities of the movements that a finding at a close is about: where it `stands` no more without one, that one retracts it."""
        return ()

    def stands(self, situation: Situation, prepared: Prepared[P], facet: str) -> bool:  # noqa: ARG002
        """Whether a finding at a close still holds, now that a movement it is about has been reversed."""
        return False

    def uses(self, situation: Situation, prepared: Prepared[P]) -> Iterable[Passing]:  # noqa: ARG002
        """The credits that a finding at this movement is about: having told it, the engine marks them, since a credit triggers once."""
        return ()

    def rearms(self, situation: Situation, prepared: Prepared[P], facet: str) -> bool:  # noqa: ARG002
        """Whether a movement frees the latch of a facet."""
        return True


class ConditionRule(Rule[P]):
    """Opens on the rising edge, escalates with the band, resolves below `rearm` of the threshold."""

    kind = NotificationKind.CONDITION
    heeds: ClassVar[bool] = False
    """Its number is made of what other rules have found: it is asked after them, whenever any of them has spoken and, of a
    customer of whom nothing of its own is open, one of its screens passes as at a close (`Screen.passes_close`)."""

    @abstractmethod
    def measure(self, situation: Situation, prepared: Prepared[P]) -> Iterator[Measured]:
        """The numbers, one a facet; an open facet must be among them, at a tick too."""

    def opens(self, measured: Measured, situation: Situation, prepared: Prepared[P]) -> bool:  # noqa: ARG002
        """Whether a quiet facet opens."""
        return measured.value >= measured.threshold

    def resolves(self, measured: Measured, situation: Situation, prepared: Prepared[P]) -> bool:  # noqa: ARG002
        """Whether an open facet resolves."""
        rearm: Decimal = prepared.parameters.rearm  # type: ignore[attr-defined]
        return measured.value < rearm * measured.threshold
