"""What a person with a pencil sees of one customer: the rules' definitions in plain Python, at the close of each date.

Rougher than the oracle (nothing of edges, bands or cooldowns: a rule is seen on every date on which its condition holds), and complete: it
shows that a planted story is there to be seen. Nothing here imports the detector or the simulation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import log10, sqrt
from statistics import mean, median, pstdev

import holidays

from schemas.customers import Customer
from schemas.movements import FLOWS, LIABILITIES, Direction, Flow, Kind, Movement

FLOORS = {None: 50_000, "gold": 100_000, "platinum": 500_000, "private": 1_000_000}
LINES = (200_000, 2_000_000, 8_000_000)
COMPETITORS = {"海纳证券", "云杉财富", "远山私人银行", "Harbour Wealth"}
CHINA = holidays.country_holidays("CN", years=range(2024, 2029))
DAY = timedelta(days=1)
BY_ITSELF = {"interest", "dividend", "coupon", "fee", "tax", "maturity", "insurance_payout", "valuation", "adjustment", "reversal"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A movement as it counts: `value` in the base currency, signed; `flow` after own accounts are told apart."""

    movement: Movement
    on: date
    value: Decimal
    flow: Flow
    aum_before: Decimal


@dataclass(slots=True)
class Eye:
    """All that is known of one customer, date by date."""

    customer: Customer
    rows: list[Seen] = field(default_factory=list)
    closes: dict[date, Counter[str]] = field(default_factory=dict)
    products: dict[date, Counter[str]] = field(default_factory=dict)
    balances: dict[date, dict[str, Decimal]] = field(default_factory=dict)
    risks: dict[str, int] = field(default_factory=dict)
    issuers: dict[str, str | None] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    terms: dict[str, date] = field(default_factory=dict)

    @property
    def floor(self) -> int:
        return FLOORS[self.customer.tier]

    def aum(self, on: date) -> Decimal | None:
        held = self.closes.get(on)
        return None if held is None else sum((held[name] for name in held if name not in LIABILITIES), Decimal(0))

    def weights(self, on: date) -> dict[str, Decimal]:
        aum = self.aum(on)
        return {name: held / aum for name, held in self.closes[on].items() if name not in LIABILITIES and held} if aum else {}

    def flows(self, direction: Direction | None = None) -> Iterator[Seen]:
        """External movements, one way or both."""
        for row in self.rows:
            if row.flow is Flow.EXTERNAL and direction in (None, row.movement.direction):
                yield row

    def net(self, first: date, last: date) -> Decimal:
        return sum((row.value for row in self.flows() if first <= row.on <= last), Decimal(0))


def eye(customer: Customer, movements: Sequence[Movement], rates: dict[str, Decimal], last: date) -> Eye:
    """Look at all movements of a customer (or of all members of a household), and at the close of every date up to the last."""
    seen, kept = Eye(customer), dict[str, Decimal]()
    own = {movement.account_id for movement in movements}
    ours = {movement.customer_id for movement in movements}
    currencies = {movement.account_id: movement.currency for movement in movements}
    by_date = defaultdict(list)
    for movement in movements:
        by_date[movement.occurred_at.date()].append(movement)
    on = movements[0].occurred_at.date()
    aum = Decimal(0)
    while on <= last:
        for movement in by_date[on]:
            name, rate = movement.account_id, rates[movement.currency]
            signed = movement.amount if movement.direction is Direction.CREDIT else -movement.amount
            other = movement.counterparty
            mine = other is not None and (other.account in own or other.customer_id in ours)
            flow = Flow.INTERNAL if mine else FLOWS[movement.kind]
            seen.rows.append(Seen(movement, on, signed * rate, flow, aum))
            kept[name] = kept.get(name, Decimal(0)) + signed
            seen.classes[name] = movement.asset_class
            seen.risks[name] = movement.risk_score or 1
            seen.issuers[name] = movement.issuer
            if movement.maturity_date:
                seen.terms[name] = movement.maturity_date
            if movement.asset_class not in LIABILITIES:
                aum += signed * rate
        seen.balances[on] = dict(kept)
        seen.closes[on], seen.products[on] = Counter(), Counter()
        for name, balance in kept.items():
            seen.closes[on][seen.classes[name]] += balance * rates[currencies[name]]  # type: ignore[assignment]
            seen.products[on][name] += balance * rates[currencies[name]]  # type: ignore[assignment]
        on += DAY
    return seen


def _payee(row: Seen) -> str:
    other = row.movement.counterparty
    return (other.account or other.name or "") if other else ""


def _business(on: date, days: int) -> date:
    while days:
        on += DAY
        days -= CHINA.is_working_day(on)
    return on


# --- money that moves --------------------------------------------------------------------------------------------------------------------


def unusual_amount(eye: Eye) -> Iterator[date]:
    for way in Direction:
        logs: list[float] = []
        for row in eye.flows(way):
            size = log10(abs(row.value))
            before = logs[-50:]
            if len(before) >= 10 and abs(row.value) >= eye.floor:
                spread = median(abs(one - median(before)) for one in before)
                if spread and 0.6745 * (size - median(before)) / spread >= 3.5:
                    yield row.on
            logs.append(size)


def new_payee_large(eye: Eye) -> Iterator[date]:
    known = set()
    for row in eye.flows(Direction.DEBIT):
        if _payee(row) not in known and -row.value >= max(eye.floor, row.aum_before / 10):
            yield row.on
        known.add(_payee(row))


def to_competitor(eye: Eye) -> Iterator[date]:
    paid: list[Seen] = []
    for row in eye.flows(Direction.DEBIT):
        other = row.movement.counterparty
        if other and (other.bank in COMPETITORS or other.name in COMPETITORS):
            paid.append(row)
            if sum(-one.value for one in paid if one.on > row.on - 90 * DAY) >= eye.floor:
                yield row.on


def cumulative_to_competitor(eye: Eye) -> Iterator[date]:
    paid: list[Seen] = []
    for row in eye.flows(Direction.DEBIT):
        other = row.movement.counterparty
        if other and (other.bank in COMPETITORS or other.name in COMPETITORS):
            paid.append(row)
            if sum(-one.value for one in paid if one.on > row.on - 90 * DAY) >= 2 * eye.floor:
                yield row.on


def early_redemption(eye: Eye) -> Iterator[date]:
    for row in eye.rows:
        name = row.movement.account_id
        before = eye.balances.get(row.on - DAY, {}).get(name, Decimal(0))
        ends = eye.terms.get(name)
        if row.movement.kind is Kind.REDEMPTION and ends and row.on < ends and -2 * row.value >= before > 0:
            yield row.on


def loan_event(eye: Eye) -> Iterator[date]:
    for row in eye.rows:
        if row.movement.asset_class in LIABILITIES:
            owed = -eye.balances.get(row.on - DAY, {}).get(row.movement.account_id, Decimal(0))
            early = row.movement.kind is Kind.LOAN_REPAYMENT and 2 * row.value >= owed > 0
            if row.movement.kind is Kind.LOAN_DRAWDOWN or early or row.movement.overdue_days:
                yield row.on


def net_outflow_ratio(eye: Eye) -> Iterator[date]:
    for on in eye.closes:
        for days, share in ((30, 0.2), (90, 0.35)):
            start = eye.aum(on - days * DAY)
            if start and start > 0 and -eye.net(on - (days - 1) * DAY, on) >= Decimal(str(share)) * start:
                yield on


def flow_spike(eye: Eye) -> Iterator[date]:
    daily = Counter[date]()
    for row in eye.flows():
        daily[row.on] += float(row.value)  # type: ignore[assignment]
    days = list(eye.closes)
    first = [float(daily[on]) for on in days[:30]]
    middle, spread, alpha = mean(first), pstdev(first) ** 2, 1 - 2 ** (-1 / 30)
    for on in days[30:]:
        off = daily[on] - middle
        if spread and abs(off) >= max(3 * sqrt(spread), eye.floor):
            yield on
        middle += alpha * off
        spread = (1 - alpha) * (spread + alpha * off * off)


def activity_spike(eye: Eye) -> Iterator[date]:
    debits = Counter(row.on for row in eye.flows(Direction.DEBIT))
    days = list(eye.closes)
    for place, on in enumerate(days):
        blocks = [sum(debits[day] for day in days[end - 7 : end]) for end in range(place - 6, 6, -7)]
        if len(blocks) >= 8 and pstdev(blocks):
            now = sum(debits[day] for day in days[place - 6 : place + 1])
            if (now - mean(blocks)) / pstdev(blocks) >= 3:
                yield on


def activity_drop(eye: Eye) -> Iterator[date]:
    moves = Counter(row.on for row in eye.rows if row.movement.kind not in BY_ITSELF)
    days = list(eye.closes)
    for place in range(210, len(days)):
        now, before = (sum(moves[day] for day in days[place - far : place - near]) for far, near in ((29, -1), (209, 29)))
        if before and now <= 0.5 * before / 6:
            yield days[place]


def pass_through(eye: Eye) -> Iterator[date]:
    received = [row for row in eye.flows(Direction.CREDIT) if row.value >= eye.floor]
    for credit in received:
        at: datetime = credit.movement.occurred_at
        out = [row for row in eye.flows(Direction.DEBIT) if at <= row.movement.occurred_at <= at + 2 * DAY]
        if -sum(row.value for row in out) >= Decimal("0.8") * credit.value:
            yield out[-1].on


def drip_outflow(eye: Eye) -> Iterator[date]:
    for row in eye.flows(Direction.DEBIT):
        gate = max(eye.floor, row.aum_before / 10)
        alike = [-one.value for one in eye.flows(Direction.DEBIT) if _payee(one) == _payee(row) and row.on - 29 * DAY <= one.on <= row.on]
        if len(alike) >= 5 and max(alike) < gate <= sum(alike):
            yield row.on


def above_previous_peak(eye: Eye) -> Iterator[date]:
    for way in Direction:
        months: Counter[tuple[int, int]] = Counter()
        for row in eye.flows(way):
            month = (row.on.year, row.on.month)
            months[month] += abs(row.value)  # type: ignore[assignment]
            closed = sorted(known for known in months if known < month)[-12:]
            if len(closed) >= 6 and months[month] > Decimal("1.5") * max(months[known] for known in closed):
                yield row.on


def change_point(eye: Eye) -> Iterator[date]:
    days = list(eye.closes)
    weeks = [float(eye.net(days[place], days[place + 6])) for place in range(0, len(days) - 6, 7)]
    usual = weeks[:26]
    if len(usual) < 26:
        return
    middle, sigma = mean(usual), pstdev(usual)
    up = down = 0.0
    for place, week in enumerate(weeks[26:], 26):
        up, down = max(0.0, up + week - middle - sigma / 2), max(0.0, down - week + middle - sigma / 2)
        if sigma and max(up, down) >= 5 * sigma:
            yield days[7 * place + 6]


def potential_high_net_worth(eye: Eye) -> Iterator[date]:
    """Both halves of it at once."""
    through = salary = Decimal(0)
    for row in eye.flows():
        through += abs(row.value)
        salary = max(salary, row.value) if row.movement.kind is Kind.SALARY else salary
        aum = eye.aum(row.on) or Decimal(0)
        if eye.customer.tier is None and 0 < aum < LINES[0] and through >= 5 * aum and salary >= 30_000:
            yield row.on


# --- what is held ------------------------------------------------------------------------------------------------------------------------


def low_balance(eye: Eye) -> Iterator[date]:
    for on, balances in eye.balances.items():
        due = Counter[str]()
        for order in eye.customer.standing_orders:
            ahead = [on + n * DAY for n in range(1, (_business(on, 5) - on).days + 1)]
            due[order.account_id] += sum(order.amount for day in ahead if day.day == order.day)  # type: ignore[assignment]
        for name, balance in balances.items():
            if eye.classes[name] == "demand_deposit" and (balance < 0 or balance < due[name]):
                yield on


def aum_change(eye: Eye) -> Iterator[date]:
    for on in eye.closes:
        for days, share in ((1, "0.1"), (30, "0.2")):
            before, now = eye.aum(on - days * DAY), eye.aum(on)
            if before and now is not None and before > 0 and abs(now - before) >= Decimal(share) * before:
                yield on


def idle_cash(eye: Eye) -> Iterator[date]:
    run = 0
    for on, held in eye.closes.items():
        run = run + 1 if held["demand_deposit"] >= 2 * eye.floor else 0
        if run >= 10:
            yield on


def _drifts(eye: Eye, on: date) -> dict[str, tuple[Decimal, Decimal]]:
    target = {str(name): share for name, share in (eye.customer.target_allocation or {}).items()}
    weights = eye.weights(on)
    return {name: (abs(weights.get(name, Decimal(0)) - target.get(name, Decimal(0))), target.get(name, Decimal(0)))
            for name in {*target, *weights}}  # fmt: skip


def class_drift(eye: Eye) -> Iterator[date]:
    if eye.customer.target_allocation:
        run = Counter[str]()
        for on in eye.closes:
            for name, (off, target) in _drifts(eye, on).items():
                run[name] = run[name] + 1 if off >= min(Decimal("0.05"), target / 4 or Decimal("0.05")) else 0
                if run[name] >= 3:
                    yield on


def total_drift(eye: Eye) -> Iterator[date]:
    if eye.customer.target_allocation:
        for on in eye.closes:
            if sum(off for off, _ in _drifts(eye, on).values()) >= Decimal("0.2"):
                yield on


def allocation_shift(eye: Eye) -> Iterator[date]:
    for on in eye.closes:
        if on - 30 * DAY in eye.closes and (eye.aum(on) or 0) >= 50_000:
            now, before = eye.weights(on), eye.weights(on - 30 * DAY)
            if before and sum(abs(now.get(name, 0) - before.get(name, 0)) for name in {*now, *before}) >= Decimal("0.3"):
                yield on


def concentration(eye: Eye) -> Iterator[date]:
    """Of instruments and issuers alone: a class is too common to show a story."""
    for on, held in eye.products.items():
        aum = eye.aum(on) or Decimal(0)
        together = Counter[str]()
        for name, value in held.items():
            if issuer := eye.issuers[name]:
                together[issuer] += value  # type: ignore[assignment]
        if aum >= 50_000 and any(value >= Decimal("0.4") * aum for value in together.values()):
            yield on


def risk_mismatch(eye: Eye) -> Iterator[date]:
    for on, held in eye.products.items():
        aum = eye.aum(on) or Decimal(0)
        score = sum((value * eye.risks[name] for name, value in held.items() if eye.classes[name] not in LIABILITIES), Decimal(0))
        if aum > 0 and score / aum > (eye.customer.risk_profile or 5) + 1:
            yield on


# --- what the calendar says --------------------------------------------------------------------------------------------------------------


def maturity_upcoming(eye: Eye) -> Iterator[date]:
    for on, balances in eye.balances.items():
        for name, ends in eye.terms.items():
            if balances.get(name) and ends > on and any(_business(on, n) == ends for n in (1, 7, 30)):
                yield on


def _proceeds(eye: Eye) -> Iterator[tuple[date, Decimal, Decimal]]:
    """What a term's end brought, when, and how much of it was placed again within three business days."""
    placed = [row for row in eye.rows if row.movement.kind in (Kind.PLACEMENT, Kind.PURCHASE) and row.value < 0]
    for row in eye.rows:
        if row.movement.kind is Kind.MATURITY and row.value > 0:
            last = _business(row.on, 3)
            yield last, row.value, -sum((one.value for one in placed if row.on <= one.on <= last), Decimal(0))


def matured_not_reinvested(eye: Eye) -> Iterator[date]:
    yield from (last for last, proceeds, again in _proceeds(eye) if again < Decimal("0.7") * proceeds)


def reinvested(eye: Eye) -> Iterator[date]:
    yield from (last for last, proceeds, again in _proceeds(eye) if abs(again - proceeds) <= proceeds / 10)


def recurring_credit_missing(eye: Eye) -> Iterator[date]:
    paid: dict[str, list[date]] = defaultdict(list)
    for row in eye.rows:
        if row.movement.kind is Kind.SALARY:
            paid[_payee(row)].append(row.on)
    for dates in paid.values():
        for until in range(3, len(dates) + 1):
            gaps = [(later - earlier).days for earlier, later in pairwise(dates[:until])]
            late = dates[until - 1] + (round(median(gaps)) + 5) * DAY
            if all(26 <= gap <= 35 for gap in gaps[-2:]) and (until == len(dates) or dates[until] >= late) and late in eye.closes:
                yield late


def birthday_or_anniversary(eye: Eye) -> Iterator[date]:
    for on in eye.closes:
        ahead = on + 3 * DAY
        if any(day and (day.month, day.day) == (ahead.month, ahead.day) for day in (eye.customer.born_on, eye.customer.customer_since)):
            yield on


def tier_down_risk(eye: Eye) -> Iterator[date]:
    days = list(eye.closes)
    average = {on: mean(float(eye.aum(day) or 0) for day in days[place - 29 : place + 1]) for place, on in enumerate(days) if place >= 29}
    for on, now in average.items():
        before = average.get(on - 30 * DAY)
        line = max((line for line in LINES if line <= now), default=None)
        if before is not None and line and 2 * now - before < line:
            yield on


def no_contact_after_change(eye: Eye) -> Iterator[date]:
    spoken = eye.customer.last_contact_on
    if spoken and eye.customer.tier:
        yield from (on for on in eye.closes if (on - spoken).days >= 90)


def full_sweep(eye: Eye) -> Iterator[date]:
    for row in eye.flows(Direction.DEBIT):
        name, at = row.movement.account_id, row.movement.occurred_at
        out = -sum(one.value for one in eye.flows(Direction.DEBIT)
                   if one.movement.account_id == name and at - DAY <= one.movement.occurred_at <= at)  # fmt: skip
        left = row.movement.balance_after
        if left is not None and out >= Decimal("0.9") * (left + out) and out >= eye.floor:
            yield row.on


def attrition_score(eye: Eye) -> Iterator[date]:
    """At least two of its reasons within ninety dates."""
    reasons = [set(rule(eye)) for rule in (net_outflow_ratio, full_sweep, recurring_credit_missing, to_competitor, activity_drop)]
    for on in eye.closes:
        if sum(any(on - 90 * DAY < day <= on for day in days) for days in reasons) >= 2:
            yield on


RULES: dict[str, Callable[[Eye], Iterator[date]]] = {
    rule.__name__: rule
    for rule in (
        unusual_amount, new_payee_large, to_competitor, cumulative_to_competitor,
        early_redemption, loan_event, net_outflow_ratio, flow_spike, activity_spike,
        activity_drop, pass_through, drip_outflow, above_previous_peak, change_point, potential_high_net_worth, low_balance, aum_change,
        idle_cash, class_drift, total_drift, allocation_shift, concentration, risk_mismatch, maturity_upcoming, matured_not_reinvested,
        reinvested, recurring_credit_missing, birthday_or_anniversary, tier_down_risk, no_contact_after_change, attrition_score,
    )
}  # fmt: skip


# --- what a household shows, which is looked at as one customer --------------------------------------------------------------------------


def large_inflow(eye: Eye) -> Iterator[date]:
    yield from (row.on for row in eye.flows(Direction.CREDIT) if row.value >= max(eye.floor, row.aum_before / 10))


def large_outflow(eye: Eye) -> Iterator[date]:
    yield from (row.on for row in eye.flows(Direction.DEBIT) if -row.value >= max(eye.floor, row.aum_before / 10))


def _sums(eye: Eye, way: Direction) -> Iterator[date]:
    for on in eye.closes:
        for days, times in ((7, 1), (30, 2)):
            if sum(abs(row.value) for row in eye.flows(way) if on - days * DAY < row.on <= on) >= times * eye.floor:
                yield on


def cumulative_inflow(eye: Eye) -> Iterator[date]:
    yield from _sums(eye, Direction.CREDIT)


def cumulative_outflow(eye: Eye) -> Iterator[date]:
    yield from _sums(eye, Direction.DEBIT)


def _averages(eye: Eye) -> Iterator[tuple[date, Decimal]]:
    days = list(eye.closes)
    for place in range(29, len(days)):
        yield days[place], sum((eye.aum(on) or Decimal(0) for on in days[place - 29 : place + 1]), Decimal(0)) / 30


def near_tier(eye: Eye) -> Iterator[date]:
    yield from (on for on, average in _averages(eye) if any(Decimal("0.9") * line <= average < line for line in LINES))


def tier_up(eye: Eye) -> Iterator[date]:
    for (_, before), (on, now) in pairwise(_averages(eye)):
        if any(before < line <= now for line in LINES):
            yield on


HOUSEHOLD_RULES: dict[str, Callable[[Eye], Iterator[date]]] = {
    f"household_{rule.__name__}": rule
    for rule in (
        large_inflow, large_outflow, cumulative_inflow, cumulative_outflow, net_outflow_ratio, aum_change, allocation_shift, near_tier,
        tier_up,
    )
}  # fmt: skip
"""A household's tier follows from what its members own together: for these, an eye's customer has it as their own."""
