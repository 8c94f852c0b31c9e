"""The household versions of R01, R02, R10, R11, R12, R21, R26 and R40: the same rules, asked about all members together.

`streams.household` says what a household is to a rule: one customer that has the accounts of all its members, so that a move between two of
them is internal, as one between two accounts of a customer is. What a member does alone still fires the member's own rule.
"""

from __future__ import annotations

from typing import Final

from schemas.movements import Flow
from streams.gate import GateParameters
from streams.rule import EVERYTHING, Finding, Said
from streams.rules.allocation_shift import AllocationShift, ShiftParameters
from streams.rules.aum_change import AumChange, AumChangeParameters
from streams.rules.cumulative_flow import CumulativeInflow, CumulativeOutflow, CumulativeParameters
from streams.rules.large_inflow import LargeInflow
from streams.rules.large_outflow import LargeOutflow
from streams.rules.net_outflow_ratio import NetOutflowParameters, NetOutflowRatio
from streams.rules.tier import NearParameters, NearTier, TierParameters, TierUp
from streams.wording import Text

HOUSEHOLD: Final = Text("家庭", "household")
BUT_INTERNAL: Final = frozenset(cause for cause in EVERYTHING if cause[0] is not Flow.INTERNAL)
"""A move between two members has left the one before it reaches the other: what it does is looked at when anything else happens."""
_TOGETHER = Text("以上按家庭全体成员合计，成员之间的往来不计。", " All members are taken together, without what they send each other.")


def of_all(said: Said) -> Said:
    """The words of a customer's version, made those of a household's."""
    title = said.title
    of_household = Text(HOUSEHOLD.chinese + title.chinese.removeprefix("客户"), f"Household: {title.english[0].lower()}{title.english[1:]}")
    return Said(of_household, said.body + _TOGETHER, said.action)


class HouseholdLargeInflow(LargeInflow):
    """R01 of a household: one external credit of a member >= max(abs_floor[tier], pct x AUM of all members before it).

    The tier is the household's own, by the 30-day average of the AUM of all members. What another member sends is no external credit.
    """

    name = "household_large_inflow"
    of_household = True
    subject = HOUSEHOLD

    def say(self, finding: Finding[GateParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdLargeOutflow(LargeOutflow):
    """R02 of a household: one external debit of a member >= max(abs_floor[tier], pct x AUM of all members before it).

    The tier is the household's own, by the 30-day average of the AUM of all members. What goes to another member is no external debit.
    """

    name = "household_large_outflow"
    of_household = True
    subject = HOUSEHOLD
    inhibits = frozenset()

    def say(self, finding: Finding[GateParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdCumulativeInflow(CumulativeInflow):
    """R10 of a household: sum of the external credits of all members in the window >= limit; windows of 7 and of 30 dates, today included.

    The limit is `times` x `abs_floor` of the household's tier. What members send each other is not counted. Facts: `tier`, `abs_floor`,
    `times`.
    """

    name = "household_cumulative_inflow"
    of_household = True
    subject = HOUSEHOLD

    def say(self, finding: Finding[CumulativeParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdCumulativeOutflow(CumulativeOutflow):
    """R11 of a household: sum of the external debits of all members in the window >= limit; windows of 7 and of 30 dates, today included.

    The limit is `times` x `abs_floor` of the household's tier. What members send each other is not counted. Facts: `tier`, `abs_floor`,
    `times`.
    """

    name = "household_cumulative_outflow"
    of_household = True
    subject = HOUSEHOLD

    def say(self, finding: Finding[CumulativeParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdNetOutflowRatio(NetOutflowRatio):
    """R12 of a household: external debits less credits of all members in the window >= share x their AUM at its start; 30 and 90 dates.

    What members send each other is neither. A member who joined within the window counts in that AUM as if always there. Facts:
    `net_outflow`, `aum_at_start`.
    """

    name = "household_net_outflow_ratio"
    of_household = True
    subject = HOUSEHOLD

    def say(self, finding: Finding[NetOutflowParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdAumChange(AumChange):
    """R21 of a household: abs(AUM of all members now - at the close W dates before) / that AUM >= 10 % (W = 1), >= 20 % (W = 30).

    A member who joins or leaves changes nothing: those who are members now are taken for members then. It is not asked at internal
    movements, of which a transfer between members has two, but at every other one and at every close. Facts: `aum_then`, `change`,
    `flow_part`, `market_part`, `aum_floor`.
    """

    name = "household_aum_change"
    of_household = True
    subject = HOUSEHOLD
    causes = BUT_INTERNAL

    def say(self, finding: Finding[AumChangeParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdAllocationShift(AllocationShift):
    """R26 of a household: half the sum of abs(weight now - weight at the close W dates before) over all classes >= 15 % (W = 30 dates).

    The weights are those of all members' accounts together, of the members now also then. It is not asked at internal movements, of which a
    transfer between members has two, but at every other one and at every close. Facts: `then`, `aum_floor`.
    """

    name = "household_allocation_shift"
    of_household = True
    subject = HOUSEHOLD
    causes = BUT_INTERNAL

    def say(self, finding: Finding[ShiftParameters]) -> Said:
        return of_all(super().say(finding))


class HouseholdTierUp(TierUp):
    """R40 of a household: AUM_avg(30) of all members >= the line of a tier above the household's; resolves below the line less 5 %.

    The tier is decided by that average alone: the tiers of its members do not count. When a member joins or leaves it is decided
    anew, silently. Facts: `tier_before`, `tier`.
    """

    name = "household_tier_up"
    of_household = True
    subject = HOUSEHOLD

    def say(self, finding: Finding[TierParameters]) -> Said:
        said = super().say(finding)
        return of_all(Said(Text("等级提升", "Moves up a tier"), said.body, said.action))


class HouseholdNearTier(NearTier):
    """R40 of a household: AUM_avg(30) of all members in [0.9, 1) x the line above the household's tier; resolves on leaving that band.

    The threshold is the band's lower end. Facts: `line`, `missing` (line - average).
    """

    name = "household_near_tier"
    of_household = True
    subject = HOUSEHOLD

    def say(self, finding: Finding[NearParameters]) -> Said:
        return of_all(super().say(finding))


RULES = (
    HouseholdLargeInflow(),
    HouseholdLargeOutflow(),
    HouseholdCumulativeInflow(),
    HouseholdCumulativeOutflow(),
    HouseholdNetOutflowRatio(),
    HouseholdAumChange(),
    HouseholdAllocationShift(),
    HouseholdTierUp(),
    HouseholdNearTier(),
)
