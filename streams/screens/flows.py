"""What R12 to R19, R41 and R43 measure of a customer's dates, and the screens that ask it before the rules are asked.

All of it is reckoned in whole numbers, so that it is the same compiled or not, on every machine. A ratio, and how many deviations something
is off, are in millionths, rounded down; a threshold in millionths is reached by the rounded number exactly when the true one reaches it.
"""

from __future__ import annotations

from math import isqrt, sqrt
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from schemas.movements import Flow
from streams.customer import Customer
from streams.exact import millionths, reaches
from streams.history import CLOSE, CREDITS, DEBITS, MOVEMENTS, WIDTH, WITHDRAWALS, History
from streams.portfolio import PLAIN, Effect
from streams.screens import Screen, Standing

MILLION: Final = 1_000_000
UNKNOWN: Final = -1
"""Instead of a number that no sufficient history, or no divisor, allows."""
LONG_AGO: Final = 365
"""Dates, today included, of a year's flows."""
SEED: Final = 30
"""Dates that a moving average begins with; also its half-life."""
MOST_Z: Final = 1_000
"""Deviations; what is further off is not told apart."""
DROP_DAYS: Final = 30
DROP_AGAINST: Final = 180
WEEK: Final = 7
MONTHS: Final = 12
_NEVER: Final = 1 << 40
_EXTERNAL: Final = Flow.EXTERNAL
_CORRECTION: Final = Flow.CORRECTION
_ONE: Final = 1 << 60
_SPARE: Final = 20
"""Binary places kept of a deviation beyond whole units."""


def known_from(history: History) -> int:
    """The first date of which all flows are known; beyond all dates where nothing is."""
    rows = history.rows
    if len(rows) == 0:
        return _NEVER
    return max(rows[0], history.kept_from)


# --- R12 ---------------------------------------------------------------------------------------------------------------------------------


def drained(history: History, day: i64, days: i64) -> int:
    """External debits less credits of so many dates up to `day`, per AUM at the close before them; in millionths, 0 where more came."""
    before = history.close(day - days)
    if before is None:
        return UNKNOWN
    came, left = history.within(day - days + 1, day)
    if left <= came:
        return 0
    return (left - came) * MILLION // before if before > 0 else UNKNOWN


class DrainedBy(Screen):
    """The net outflow of one of several windows reaches its share of the AUM before it."""

    def __init__(self, shares: list[tuple[int, int]], standings: list[Standing]) -> None:
        """Prepare.

        Args:
            shares: dates, rising, and millionths.
            standings: one for each of them.
        """
        self.shares = shares
        self.standings = standings

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        for place in range(len(self.shares)):
            value = drained(customer.history, day, self.shares[place][0])
            if value != UNKNOWN and not self.standings[place].stays(customer, value):
                return False
        return True

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        flow = effect.flow
        if flow is not _EXTERNAL and flow is not _CORRECTION and not effect.late:
            return False
        return self._reached(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._reached(customer.history, day)

    def _reached(self, history: History, day: i64) -> bool:
        rows = history.rows
        place: i64 = len(rows) - WIDTH
        net: i64 = 0
        for days, share in self.shares:
            first: i64 = day - days + 1
            while place >= 0 and rows[place] >= first:
                net += rows[place + DEBITS] - rows[place + CREDITS]
                place -= WIDTH
            if place < 0:
                return False
            if net > 0:
                before = rows[place + CLOSE]
                if before > 0 and reaches(net, share, before):
                    return True
        return False


# --- R13 ---------------------------------------------------------------------------------------------------------------------------------


def _decay() -> list[int]:
    """2^(-k/30) for k from 0 on, times `_ONE`, rounded down: a thirtieth root by halving, and half of it 30 places on."""
    found: list[int] = []
    for place in range(SEED):
        goal = _ONE**SEED >> place
        low, high = 0, _ONE
        while low < high:
            middle = (low + high + 1) // 2
            if middle**SEED <= goal:
                low = middle
            else:
                high = middle - 1
        found.append(low)
    while len(found) <= LONG_AGO + 1:
        found.append(found[-SEED] // 2)
    return found


_DECAY: Final = _decay()


class Usual:
    """The moving mean and deviation of a customer's daily net flow, as sums weighted by whole numbers that add up to `WHOLE`."""

    WHOLE: Final = SEED * _ONE

    def __init__(self, total: int, squares: int) -> None:
        self.total = total
        self.squares = squares

    @property
    def mean(self) -> int:
        """In base-currency units, rounded down."""
        return self.total // self.WHOLE

    @property
    def deviation(self) -> int:
        """In base-currency units, rounded down."""
        return isqrt(self.squares * self.WHOLE - self.total * self.total) // self.WHOLE

    def off(self, net: int) -> int:
        """How many deviations a date's net flow is from the mean, either way, in millionths; UNKNOWN where nothing deviates."""
        spread = self.squares * self.WHOLE - self.total * self.total
        if spread == 0:
            return UNKNOWN
        off = net * self.WHOLE - self.total
        return min(MOST_Z * MILLION, isqrt(MILLION * MILLION * off * off // spread))


def usual(history: History, day: i64) -> Usual | None:
    """What is usual before a date: over the closed dates that are known, the last 365 at most; None if there are fewer than 30.

    The first 30 of them weigh the same; of those after, each new one takes 1 - 2^(-1/30) of the weight.
    """
    first: i64 = known_from(history)
    if first < day - LONG_AGO:
        first = day - LONG_AGO
    moving: i64 = day - first - SEED
    if moving < 0:
        return None
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    total, squares = 0, 0
    while place >= 0 and rows[place] >= first:
        if rows[place] < day:
            net = int(rows[place + CREDITS] - rows[place + DEBITS])
            if net != 0:
                age = day - 1 - rows[place]
                weighed = net * (SEED * (_DECAY[age] - _DECAY[age + 1]) if age < moving else _DECAY[moving])
                total += weighed
                squares += weighed * net
        place -= WIDTH
    return Usual(total, squares)


def net_of(history: History, day: i64) -> int:
    """External credits less debits of the latest date, which is `day` or an earlier one: then nothing has flowed on `day`."""
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    if place < 0 or rows[place] != day:
        return 0
    return rows[place + CREDITS] - rows[place + DEBITS]


class FlowIsOff(Screen):
    """Today's net flow is at least an amount, either way, and so many deviations from the usual; never so at a first tick."""

    def __init__(self, amount: int, deviations: int) -> None:
        self.amount = amount
        self.deviations = deviations

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        day = effect.clock_day
        net = net_of(customer.history, day)
        if abs(net) < self.amount:
            return False
        before = usual(customer.history, day)
        return before is not None and before.off(net) >= self.deviations

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False


# --- R14 ---------------------------------------------------------------------------------------------------------------------------------


class Weeks:
    """Debits of the last 7 dates, and of the blocks of 7 dates before them."""

    def __init__(self, current: int, blocks: int, total: int, squares: int) -> None:
        self.current = current
        self.blocks = blocks
        self.total = total
        """Of all blocks."""
        self.squares = squares
        """Of their counts, summed."""

    def off(self) -> int:
        """How many deviations the last 7 dates are above the mean of the blocks, in millionths; UNKNOWN where the blocks are all alike."""
        spread = self.blocks * self.squares - self.total * self.total
        if spread == 0:
            return UNKNOWN
        above = self.blocks * self.current - self.total
        return min(MOST_Z * MILLION, isqrt(MILLION * MILLION * above * above // spread)) if above > 0 else 0


def weeks_of_debits(history: History, day: i64, fewest: i64, most: i64) -> Weeks:
    """All of them; no blocks if there are fewer than `fewest`, no more than `most`."""
    return _weeks(history, day, 0, fewest, most, 0)


def debits_off(history: History, day: i64, least: i64, fewest: i64, most: i64) -> int:
    """How many deviations the last 7 dates are above the mean, in millionths; 0 with fewer than `least` debits."""
    weeks = _weeks(history, day, least, fewest, most, 0)
    if weeks.current < least:
        return 0
    return weeks.off() if weeks.blocks > 0 else UNKNOWN


def _weeks(history: History, day: i64, least: i64, fewest: i64, most: i64, deviations: i64) -> Weeks:
    """Give up, with no blocks, where there cannot be `least` debits that are so many deviations, in millionths, above the mean.

    That is so once more than 1 / (1 + deviations^2) of the blocks are no smaller (Cantelli's inequality).
    """
    rows = history.rows
    place: i64 = len(rows) - WIDTH
    first: i64 = day - WEEK + 1
    current: i64 = 0
    while place >= 0 and rows[place] >= first:
        current += rows[place + WITHDRAWALS]
        place -= WIDTH
    known: i64 = known_from(history)
    blocks: i64 = (first - known) // WEEK if first > known else 0
    if blocks > most:
        blocks = most
    if current < least or blocks < fewest:
        return Weeks(current, 0, 0, 0)
    allowed: i64 = blocks
    if deviations > 0:
        whole: i64 = MILLION * MILLION
        allowed = blocks * whole // (whole + deviations * deviations)
    total: i64 = 0
    squares: i64 = 0
    for _ in range(blocks):
        first -= WEEK
        count: i64 = 0
        while place >= 0 and rows[place] >= first:
            count += rows[place + WITHDRAWALS]
            place -= WIDTH
        total += count
        squares += count * count
        if count >= current:
            allowed -= 1
            if allowed < 0:
                return Weeks(current, 0, 0, 0)
    return Weeks(current, blocks, total, squares)


class DebitsAreOff(Screen):
    """So many debits in 7 dates, and so many deviations above the mean of the blocks before."""

    def __init__(self, least: int, fewest: int, most: int, deviations: int, standing: Standing) -> None:
        self.least = least
        self.fewest = fewest
        self.most = most
        self.deviations = deviations
        self.standing = standing

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        value = debits_off(customer.history, day, self.least, self.fewest, self.most)
        return value == UNKNOWN or self.standing.stays(customer, value)

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._reached(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._reached(customer.history, day)

    def _reached(self, history: History, day: int) -> bool:
        found = _weeks(history, day, self.least, self.fewest, self.most, self.deviations)
        return found.blocks > 0 and found.off() >= self.deviations


# --- R15 ---------------------------------------------------------------------------------------------------------------------------------


def activity(history: History, day: i64) -> tuple[int, int]:
    """Movements of the last 30 dates, and of the 180 before them; UNKNOWN for both where these are not all known."""
    first: i64 = day - DROP_DAYS + 1
    if known_from(history) > first - DROP_AGAINST:
        return UNKNOWN, UNKNOWN
    return history.movements(first, day), history.movements(first - DROP_AGAINST, first - 1)


def share_of_usual(recent: int, before: int, least: int) -> int:
    """The last 30 dates per the mean of the 30-date periods before, in millionths; 1 where that mean is below `least`."""
    periods = DROP_AGAINST // DROP_DAYS
    return MILLION if before < periods * least or before == 0 else periods * recent * MILLION // before


def _all_open(customer: Customer, keys: tuple[str, ...]) -> bool:
    """Whether none of these conditions is only cooling down, and one at least is there."""
    found = False
    for key in keys:
        held = customer.conditions.get(key)
        if held is not None:
            if held.notification_id == "":
                return False
            found = True
    return found


class ActivityFell(Screen):
    """Movements have fallen below a share of what was usual.

    The share falls only where a movement leaves the 30 dates, where nothing is left in them, or where one comes late: otherwise nobody
    counts.
    """

    def __init__(self, share: int, least: int, key: str, resolves_from: int) -> None:
        """Prepare.

        Args:
            share: in millionths; below it the rule opens.
            least: see `share_of_usual`.
            key: the condition's.
            resolves_from: the share, in millionths, from which on it resolves.
        """
        self.share = share
        self.least = least
        self.key = key
        self.resolves_from = resolves_from

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        if not _all_open(customer, (self.key,)):
            return False
        recent, before = activity(customer.history, day)
        return recent == UNKNOWN or share_of_usual(recent, before, self.least) < self.resolves_from

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return effect.late and self._fell(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        history = customer.history
        rows = history.rows
        size: i64 = len(rows)
        first: i64 = day - DROP_DAYS + 1
        if size == 0 or rows[0] > first - DROP_AGAINST:
            return False
        place = size - WIDTH
        recent: i64 = 0
        while place >= 0 and rows[place] >= first:
            recent += rows[place + MOVEMENTS]
            place -= WIDTH
        leaves = place >= 0 and rows[place] == first - 1
        if recent > 0 and not leaves and known_from(history) != first - DROP_AGAINST:
            return False
        return self._fell(history, day)

    def _fell(self, history: History, day: int) -> bool:
        recent, before = activity(history, day)
        return recent != UNKNOWN and share_of_usual(recent, before, self.least) < self.share


# --- R18 ---------------------------------------------------------------------------------------------------------------------------------


def month_start(day: i64) -> int:
    """The first date of a date's month, both as ordinals (after Howard Hinnant's civil_from_days)."""
    since = day + 305
    era = since // 146_097
    of_era = since - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return day - (of_year - (153 * month + 2) // 5)


class Months:
    """A calendar month's external flow one way, and the largest of those before it."""

    def __init__(self, current: int, peak: int, with_flow: int) -> None:
        self.current = current
        self.peak = peak
        self.with_flow = with_flow

    def times(self) -> int:
        """The month per the largest before it, in millionths, rounded down, and at least 0; UNKNOWN where that is 0."""
        if self.peak <= 0:
            return UNKNOWN
        return millionths(self.current, self.peak) if self.current > 0 else 0


def months(history: History, day: i64, credit: bool, times: i64 = 0) -> Months:
    """The month of `day` up to it, and the 12 before it that are wholly kept; with `times`, in millionths, only until one is too large."""
    rows = history.rows
    column = CREDITS if credit else DEBITS
    place: i64 = len(rows) - WIDTH
    first: i64 = month_start(day)
    current: i64 = 0
    while place >= 0 and rows[place] >= first:
        current += rows[place + column]
        place -= WIDTH
    peak: i64 = 0
    with_flow: i64 = 0
    if times > 0 and current <= 0:
        return Months(current, 0, 0)
    for _ in range(MONTHS):
        first = month_start(first - 1)
        if first < history.kept_from or place < 0:
            break
        flow: i64 = 0
        while place >= 0 and rows[place] >= first:
            flow += rows[place + column]
            place -= WIDTH
        if flow > 0:
            with_flow += 1
            if flow > peak:
                peak = flow
                if times > 0 and not reaches(current, times, flow):
                    return Months(current, peak, 0)
    return Months(current, peak, with_flow)


def peak_times(history: History, day: i64, credit: bool, fewest: int, least: int) -> int:
    """The month per the largest before it, in millionths; 0 below `least`, UNKNOWN with flow in fewer than so many months."""
    found = months(history, day, credit)
    if found.with_flow < fewest:
        return UNKNOWN
    return found.times() if found.current >= least else 0


class AbovePeak(Screen):
    """A month's external flow, one way or the other, is so many times the largest of the months before; never so at a first tick."""

    def __init__(self, times: int, fewest: int, least: int, inflow: Standing, outflow: Standing) -> None:
        self.times = times
        self.fewest = fewest
        self.least = least
        self.inflow = inflow
        self.outflow = outflow

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return self._stays(customer, day, True, self.inflow) and self._stays(customer, day, False, self.outflow)

    def _stays(self, customer: Customer, day: int, credit: bool, standing: Standing) -> bool:
        if standing.key not in customer.conditions:
            return not self._above(customer.history, day, credit)
        value = peak_times(customer.history, day, credit, self.fewest, self.least)
        return value == UNKNOWN or standing.stays(customer, value)

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._above(customer.history, effect.clock_day, True) or self._above(customer.history, effect.clock_day, False)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def _above(self, history: History, day: int, credit: bool) -> bool:
        found = months(history, day, credit, self.times)
        return found.with_flow >= self.fewest and found.current >= self.least and found.times() >= self.times


# --- R19 ---------------------------------------------------------------------------------------------------------------------------------


class Changed:
    """How far a cumulative sum of weekly net flow has risen, and fallen, beyond what is usual."""

    def __init__(self, rise: int, fall: int, deviation: int, total: int, reference: int, weeks: int) -> None:
        self.rise = rise
        self.fall = fall
        self.deviation = deviation
        """Of a week of the reference; as `rise` and `fall`, times the number of its weeks, times 2^20, rounded down."""
        self.total = total
        """Of the reference's weeks, in base-currency units."""
        self.reference = reference
        self.weeks = weeks
        """Watched ones."""

    def deviations(self, upwards: bool) -> int:
        """In millionths, rounded down."""
        return (self.rise if upwards else self.fall) * MILLION // self.deviation

    def sum_of(self, upwards: bool) -> int:
        """The cumulative sum in base-currency units, rounded down."""
        return (self.rise if upwards else self.fall) // (self.reference << _SPARE)

    @property
    def mean(self) -> int:
        """Of a week of the reference, in base-currency units, rounded down."""
        return self.total // self.reference

    @property
    def sigma(self) -> int:
        """Of a week of the reference, in base-currency units, rounded down."""
        return self.deviation // (self.reference << _SPARE)


def weekly(history: History, day: i64, most: i64) -> vec[i64]:
    """Net flows of the closed weeks, Monday to Sunday, that are wholly known before `day`: the last `most`, the latest first."""
    rows = history.rows
    found = vec[i64]()
    place: i64 = len(rows) - WIDTH
    first: i64 = day - (day - 1) % WEEK
    known: i64 = known_from(history)
    while place >= 0 and rows[place] >= first:
        place -= WIDTH
    for _ in range(most):
        first -= WEEK
        if first < known:
            break
        net: i64 = 0
        while place >= 0 and rows[place] >= first:
            net += rows[place + CREDITS] - rows[place + DEBITS]
            place -= WIDTH
        found = append(found, net)
    return found


def changed(history: History, day: i64, reference: i64, watched: i64) -> Changed | None:
    """The two-sided CUSUM over the weeks after the reference; None where there are none, or the reference does not deviate."""
    nets = weekly(history, day, reference + watched)
    size: i64 = len(nets)
    if size <= reference:
        return None
    total, squares = 0, 0
    for place in range(size - reference, size):
        net = int(nets[place])
        total += net
        squares += net * net
    count = int(reference)
    deviation = isqrt((count * squares - total * total) << 2 * _SPARE)
    if deviation == 0:
        return None
    slack = deviation // 2
    rise, fall = 0, 0
    place = size - reference - 1
    while place >= 0:
        off = (count * int(nets[place]) - total) << _SPARE
        rise = max(0, rise + off - slack)
        fall = max(0, fall - off - slack)
        place -= 1
    return Changed(rise, fall, deviation, total, count, int(size - reference))


def nearly_changed(history: History, day: i64, reference: i64, watched: i64, deviations: float) -> bool:
    """Whether the same in floating point comes within a thousandth of so many deviations: quick, and never in vain."""
    if known_from(history) > day - WEEK * (reference + 1):
        return False
    nets = weekly(history, day, reference + watched)
    size: i64 = len(nets)
    if size <= reference:
        return False
    total = 0.0
    for place in range(size - reference, size):
        total += float(nets[place])
    mean = total / float(reference)
    squares = 0.0
    for place in range(size - reference, size):
        off = float(nets[place]) - mean
        squares += off * off
    sigma = sqrt(squares / float(reference))
    if sigma <= 1e-9 * abs(mean):
        return True
    slack, limit = sigma / 2, 0.999 * deviations * sigma
    rise, fall = 0.0, 0.0
    place = size - reference - 1
    while place >= 0:
        off = float(nets[place]) - mean
        rise = max(0.0, rise + off - slack)
        fall = max(0.0, fall - off - slack)
        place -= 1
    return rise >= limit or fall >= limit


class FlowChanged(Screen):
    """A CUSUM of closed weeks reaches so many deviations: as a week has closed, or something has come late to one."""

    def __init__(self, deviations: int, reference: int, watched: int, keys: tuple[str, ...]) -> None:
        self.deviations = deviations
        self.reference = reference
        self.watched = watched
        self.keys = keys

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return not effect.late and effect.flow is not _CORRECTION and _all_open(customer, self.keys)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return day % WEEK != 1 and _all_open(customer, self.keys)

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        if not effect.late and effect.flow is not _CORRECTION:
            return False
        return self._reached(customer.history, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return day % WEEK == 1 and self._reached(customer.history, day)

    def _reached(self, history: History, day: int) -> bool:
        if not nearly_changed(history, day, self.reference, self.watched, self.deviations / MILLION):
            return False
        found = changed(history, day, self.reference, self.watched)
        return found is not None and max(found.rise, found.fall) * MILLION // found.deviation >= self.deviations


# --- R41 ---------------------------------------------------------------------------------------------------------------------------------


def continued(history: History, day: i64) -> tuple[int, int] | None:
    """The sums of the closes of the 30 dates before `day`, and of the 30 before those; None where they are not all known."""
    before = history.total(day - 1 - SEED, SEED)
    if before is None:
        return None
    now = history.total(day - 1, SEED)
    return None if now is None else (now, before)


def sinks_below(history: History, day: i64, line: i64) -> bool:
    """Whether the average falls and, continued so, is below a line; for closes and a line below `PLAIN`, of which 64 bits hold the sums."""
    rows = history.rows
    first: i64 = day - 2 * SEED
    middle: i64 = day - SEED
    if len(rows) == 0 or rows[0] > first:
        return False
    upper: i64 = day - 1
    now: i64 = 0
    before: i64 = 0
    place: i64 = len(rows) - WIDTH
    while upper >= first:
        since = rows[place]
        if since <= upper:
            if since < first:
                since = first
            close = rows[place + CLOSE]
            if since >= middle:
                now += close * (upper - since + 1)
            elif upper < middle:
                before += close * (upper - since + 1)
            else:
                now += close * (upper - middle + 1)
                before += close * (middle - since)
            upper = since - 1
        place -= WIDTH
    return now < before and 2 * now - before < SEED * line


class AverageSinks(Screen):
    """AUM_avg(30), continued for 30 dates as it has gone for 30, is below the line of the tier; asked at first ticks alone."""

    def __init__(self, lines: dict[str, int]) -> None:
        """Prepare.

        Args:
            lines: of the tiers that can be lost, in base-currency units.
        """
        self.lines = lines

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:
        """See `Screen`."""
        line = self.lines.get(customer.tier)
        if line is None or average is None:
            return False
        if customer.turnover < PLAIN and line < PLAIN:
            return sinks_below(customer.history, day, line)
        sums = continued(customer.history, day)
        return sums is not None and sums[0] < sums[1] and 2 * sums[0] - sums[1] < SEED * line


# --- R43 ---------------------------------------------------------------------------------------------------------------------------------


def through_flow(history: History, day: i64) -> int:
    """External credits and debits of the year up to `day`, as far as they are known."""
    came, left = history.within(day - LONG_AGO + 1, day)
    return came + left


def salary_level(customer: Customer, day: i64, days: i64) -> int:
    """The second largest salary of so many dates up to `day`: what has come at least twice."""
    salaries = customer.memory.salaries
    largest: i64 = 0
    second: i64 = 0
    place: i64 = 0
    while place < len(salaries):
        value = salaries[place + 1]
        if salaries[place] > day - days and value > second:
            second = min(value, largest)
            if value > largest:
                largest = value
        place += 2
    return second


class WorthMore(Screen):
    """A salary, or a year's flow, is far above what is held; asked at the first tick of each Monday."""

    def __init__(self, below: bool, flow: int, times: int, salary: int, salary_days: int, key: str) -> None:
        """Prepare.

        Args:
            below: whether the tier is one of those that are asked about.
            flow: the least of a year, in base-currency units.
            times: AUM, so many millionths of it, is the least, too.
            salary: the least of a month's.
            salary_days: within so many dates.
            key: the condition's.
        """
        self.below = below
        self.flow = flow
        self.times = times
        self.salary = salary
        self.salary_days = salary_days
        self.key = key

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        return day % WEEK != 1 and _all_open(customer, (self.key,))

    def passes(self, customer: Customer, effect: Effect) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return False

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:
        """See `Screen`."""
        if not self.below or day % WEEK != 1 or average is None:
            return False
        if salary_level(customer, day, self.salary_days) >= self.salary:
            return True
        if customer.turnover < self.flow:
            return False
        flow = through_flow(customer.history, day)
        return flow >= self.flow and flow * MILLION >= self.times * average
