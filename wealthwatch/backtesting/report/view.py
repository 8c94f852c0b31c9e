"""What the page shows in one language: every number and picture ready, so that the template only lays them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from handlers.inbox.terms import term
from schemas.notifications import Status
from streams.book import known_rules
from streams.rule import Rule
from wealthwatch.backtesting.compare import Change
from wealthwatch.backtesting.findings import Findings
from wealthwatch.backtesting.report.charts import FRAMES, SEVERITIES, Axes, Column, bar, both_ways, columns
from wealthwatch.backtesting.report.explained import EXPLAINED
from wealthwatch.backtesting.report.settings import settings_of, switched_off
from wealthwatch.backtesting.report.timeline import binned, unit_for
from wealthwatch.backtesting.report.words import Words, number
from wealthwatch.backtesting.tally import Daily, Tally, most

AFFECTED = 10
MOST_COLUMNS = 20
OF_A_HOUSEHOLD = "household_"
_LATER = (Status.ESCALATED, Status.RESOLVED, Status.RETRACTED)
_SIDES = (Change.REMOVED, Change.ADDED)


class View:
    """One language's page; the template asks for its parts."""

    def __init__(self, findings: Findings, words: Words) -> None:
        self.findings, self.words, self.language = findings, words, words.language
        self.tally: Tally = findings.tallies[0]
        self.daily: Daily = self.tally.daily()
        self.tag = words.language.value[:2]

    @property
    def period(self) -> str:
        """From when to when."""
        assert self.findings.period is not None
        first, last = map(self.words.full, self.findings.period)
        return self.words("period", first=first, last=last)

    def rule(self, name: str) -> str:
        """A rule's name for people."""
        return term(self.language, "rule", name)

    def explained(self, name: str) -> str:
        """What it looks for; nothing for a rule of the bank's own."""
        chinese, english = EXPLAINED.get(name.removeprefix(OF_A_HOUSEHOLD), ("", ""))
        found = chinese if self.tag == "zh" else english
        return self.words("rules.household", what=found) if found and name.startswith(OF_A_HOUSEHOLD) else found

    def severity(self, name: str) -> str:
        """A severity's name."""
        return term(self.language, "severity", name)

    def tier(self, name: str) -> str:
        """A tier's name."""
        return term(self.language, "tier", name)

    @property
    def severities(self) -> list[str]:
        """Those that occur, most severe first."""
        return [name for name in SEVERITIES if any(counts[name] for counts in self.tally.by_rule.values())]

    def figures(self) -> list[tuple[str, str, str]]:
        """Name, number and a remark."""
        words, outcome, daily = self.words, self.findings.outcome, self.daily
        managers = outcome.managers | set(self.tally.by_manager)
        found = [
            (words("figure.notifications"), f"{self.tally.opened:,}", self.period),
            (words("figure.customers"), f"{len(self.tally.by_customer):,}", words("figure.of", total=outcome.customers)),
        ]
        if daily.largest_at is None:
            return found
        manager, on = daily.largest_at
        return [
            *found,
            (words("figure.managers"), f"{len(self.tally.by_manager):,}", words("figure.of", total=len(managers))),
            (words("figure.median"), str(number(daily.median)), words("figure.days")),
            (words("figure.p95"), str(number(daily.p95)), words("figure.days")),
            (words("figure.largest"), f"{daily.largest:,}", f"{manager}, {words.full(on)}"),
        ]

    def rules(self) -> list[dict[str, Any]]:
        """Every rule that found something, most first."""
        totals = Counter({name: counts.total() for name, counts in self.tally.by_rule.items()})
        largest = max(totals.values(), default=0)
        return [
            {
                "name": name,
                "total": total,
                "counts": self.tally.by_rule[name],
                "bar": bar(_stacked(self.tally.by_rule[name]), largest),
                "then": self._then(name),
            }
            for name, total in most(totals, len(totals))
        ]

    def _then(self, name: str) -> str:
        counts = self.tally.later.get(name, Counter())
        told = [self.words(f"then.{status}", n=counts[status]) for status in _LATER if counts[status]]
        return self.words("rules.then") + ("、" if self.tag == "zh" else ", ").join(told) if told else ""

    def quiet_rules(self) -> list[str]:
        """Rules that were run and found nothing; the one that takes notifications back never opens any."""
        book = self._known()
        off = set(switched_off(self.findings.books[0]))
        return [self.rule(name) for name in book if name not in self.tally.by_rule and name not in off and not book[name].retracts]

    def _known(self) -> dict[str, Rule[Any]]:
        """Every rule of any of the settings."""
        every = [rules.settings for rules in reversed(self.findings.books)]
        return {name: rule for settings in every for name, rule in known_rules(settings.rules, settings.bank).items()}

    def off_rules(self) -> list[str]:
        """Rules that were not run."""
        return [self.rule(name) for name in switched_off(self.findings.books[0])]

    def over_time(self) -> dict[str, Any]:
        """Columns by day, week or month."""
        assert self.findings.period is not None
        first, last = self.findings.period
        unit = unit_for(first, last)
        bins = binned(self.tally.by_date, first, last, unit)
        label = self.words.month if unit == "month" else self.words.short
        shown = [Column(label(on), f"{self._bin(on, unit)}: {counts.total():,}", _stacked(counts)) for on, counts in bins.items()]
        what = self.words(f"time.{unit}")
        said = self.words(
            "time.desc", what=what, first=self.words.full(first), last=self.words.full(last), most=max(one.total for one in shown)
        )
        axes = Axes(self.words("time.title"), said, self.words("time.date"), what)
        rows = [(self._bin(on, unit), counts, counts.total()) for on, counts in bins.items() if counts]
        return {"charts": self._both("time", shown, axes), "rows": rows, "what": what}

    def _bin(self, on: Any, unit: str) -> str:
        if unit == "month":
            return self.words.month(on)
        return self.words("time.from", date=self.words.full(on)) if unit == "week" else self.words.full(on)

    def per_day(self) -> dict[str, Any]:
        """On how many days a manager has so many."""
        assert self.daily.largest_at is not None
        manager, on = self.daily.largest_at
        in_all = self.findings.managers_and_dates()
        lead = self.words(
            "daily.lead",
            all=in_all,
            some=self.daily.days,
            share=f"{100 * self.daily.days / max(1, in_all):.1f}%",
            median=self.daily.median,
            p95=self.daily.p95,
            largest=self.daily.largest,
            manager=manager,
            date=self.words.full(on),
        )
        size = -(-self.daily.largest // MOST_COLUMNS)
        bins: Counter[int] = Counter()
        for count, days in self.daily.counts.items():
            bins[(count - 1) // size] += days
        shown = []
        for place in range(self.daily.largest // size + (self.daily.largest % size > 0)):
            low, high = place * size + 1, (place + 1) * size
            label = f"{low:,}" if size == 1 else f"{low:,}-{high:,}"
            shown.append(Column(label, self.words("daily.days", n=label, days=bins[place]), {"days": bins[place]}))
        said = self.words("daily.desc", largest=self.daily.largest)
        axes = Axes(self.words("daily.title"), said, self.words("daily.x"), self.words("daily.y"))
        return {"lead": lead, "charts": self._both("daily", shown, axes)}

    def _both(self, name: str, shown: list[Column], axes: Axes) -> list[Any]:
        return [columns(f"{name}-{self.tag}-{'narrow' if frame.narrow else 'wide'}", shown, axes, frame) for frame in FRAMES]

    def affected(self, counts: Counter[str]) -> list[dict[str, Any]]:
        """Customers or managers with the most notifications."""
        shown = most(counts, AFFECTED)
        largest = shown[0][1] if shown else 0
        return [{"name": name, "total": total, "bar": bar({"plain": total}, largest)} for name, total in shown]

    def compared(self) -> dict[str, Any]:
        """What the other settings change."""
        changes = self.findings.changes
        assert changes is not None
        after = self.findings.tallies[1]
        kinds = [kind for kind in Change if changes.kinds[kind]]
        largest = max((counts[kind] for counts in changes.by_rule.values() for kind in _SIDES), default=0)
        rules = [
            {
                "name": name,
                "before": self.tally.by_rule.get(name, Counter()).total(),
                "after": after.by_rule.get(name, Counter()).total(),
                "counts": changes.by_rule[name],
                "bar": both_ways(changes.by_rule[name][Change.REMOVED], changes.by_rule[name][Change.ADDED], largest),
            }
            for name in sorted(changes.by_rule, key=lambda name: (-changes.by_rule[name].total(), name))
        ]
        return {
            "lead": self.words("compare.lead", other=self.findings.books[1].name, before=self.tally.opened, after=after.opened),
            "kinds": kinds,
            "rules": rules,
            "same": self.words("compare.same", n=changes.same),
            "days": [(self.words(f"compare.{name}"), tally.daily()) for name, tally in (("present", self.tally), ("changed", after))],
            "customers": self._changed_for(changes.by_customer, kinds),
            "managers": self._changed_for(changes.by_manager, kinds),
        }

    def _changed_for(self, affected: Mapping[str, Counter[str]], kinds: list[Change]) -> list[tuple[str, list[int]]]:
        totals = Counter({name: counts.total() for name, counts in affected.items()})
        return [(name, [affected[name][kind] for kind in kinds]) for name, _ in most(totals, AFFECTED)]

    def settings(self) -> list[dict[str, Any]]:
        """Every rule and how it is set, under each set of settings."""
        rows = []
        for name in self._known():
            found = [settings_of(rules, name) for rules in self.findings.books]
            rows.append({"name": name, "set": found, "differs": len(set(found)) > 1})
        return rows

    def data(self) -> list[tuple[str, str]]:
        """What was read."""
        results = self.findings.outcome.results
        rows = [(self.words("data.read"), f"{self.findings.movements:,}")]
        rows += [
            (self.words(f"data.{kind}"), f"{results[kind]:,}") for kind in ("applied", "late", "duplicate", "refused") if results[kind]
        ]
        return [*rows, (self.words("data.customers"), f"{self.findings.outcome.customers:,}")]


def _stacked(counts: Counter[str]) -> dict[str, int]:
    """From the most severe on."""
    return {name: counts[name] for name in SEVERITIES}
