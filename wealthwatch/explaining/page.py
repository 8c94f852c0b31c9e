"""A report as a person reads it, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Rich

from handlers.inbox.facts import readable
from handlers.inbox.voice import Voice
from schemas.notifications import Notification
from schemas.rules import Mode
from schemas.settings import Bank
from streams.book import all_rules
from streams.explanation import Answer, Explained, Involved, Reason, in_test
from streams.wording import Text
from wealthwatch.explaining import words
from wealthwatch.explaining.bar import bar
from wealthwatch.explaining.plain import settings_of
from wealthwatch.explaining.question import Report
from wealthwatch.tuning.pages import definition
from wealthwatch.tuning.tables import safe

SHOWN_MOVEMENTS = 12
ALMOST = Decimal("1.01")
"""Nobody says `1 times the threshold`."""
WIDE = 110
"""From so many columns on the events stand beside the movements, else under them."""


class Page:
    """Prints one report."""

    def __init__(self, console: Console, report: Report, bank: Bank, voice: Voice) -> None:
        self._console = console
        self._report = report
        self._bank = bank
        self._voice = voice

    def print(self) -> None:
        """The sentence first, then numbers, movements, settings, and the rules that were silent."""
        report, explained = self._report, self._report.explained
        for warning in report.warnings:
            self._say(self._in(warning), style="bold red")
        self._say(self._sentence(), style="bold")
        self._customer()
        if report.answer is not None:
            self._told(report.answer)
            self._history()
        elif explained is not None:
            for answer in explained.answers:
                if answer.told:
                    self._told(answer)
        if explained is not None:
            self._others(explained)
        self._later()

    # --- the sentence and the customer

    def _sentence(self) -> str:
        report, explained = self._report, self._report.explained
        if report.answer is not None:
            return self._decided(report.answer)
        assert explained is not None
        what = self._moment(explained)
        told = [one for one in explained.answers if one.told]
        if any(one.reason is Reason.NOT_TAKEN for one in explained.answers):
            snapshot = explained.moment.posting is not None and explained.moment.posting.snapshot
            return self._t("not_taken", what=what, result=self._t("result.snapshot" if snapshot else f"result.{explained.result}"))
        asked = len([one for one in explained.answers if one.reason is not Reason.OFF])
        if not told:
            said = self._t("none_told", what=what, rules=asked)
            quiet = [one for one in explained.answers if one.reason is not Reason.STILL_OPEN]
            nearest = max(quiet, key=lambda one: one.closeness)
            gap = "" if self._voice.language == "zh-CN" else " "
            return said + gap + self._t("nearest", rule=self._name(nearest), why=self._why(nearest)) if nearest.closeness else said
        names = self._voice.listed(dict.fromkeys(self._rule(one) for one in told))
        return self._t("some_told", what=what, rules=asked, told=len({one.rule for one in told}), names=names)

    def _decided(self, answer: Answer) -> str:
        rule, did = self._rule(answer), self._t(f"did.{answer.reason}")
        severity = self._term("severity", answer.severity or "info")
        test = self._t("test") if in_test(answer) else ""
        if answer.reason is Reason.RETRACTED and not answer.threshold:
            return self._t("told_retracted", rule=rule, because=self._t("because_reversal")) + test
        numbers = {"measured": self._number(answer, answer.measured), "threshold": self._number(answer, answer.threshold)}
        assert answer.measured is not None
        if answer.threshold and answer.reason in (Reason.OPENED, Reason.ESCALATED) and ALMOST <= answer.measured / answer.threshold < 1_000:
            times = self._voice.number(answer.measured / answer.threshold)
            return self._t("told_one", rule=rule, did=did, severity=severity, times=times, **numbers) + test
        return self._t("told_plain", rule=rule, did=did, severity=severity, **numbers) + test

    def _moment(self, explained: Explained) -> str:
        posting, at = explained.moment.posting, datetime.fromtimestamp(explained.moment.at, UTC)
        if posting is None:
            local = at.astimezone(self._voice.zone)
            if (local.hour, local.minute) != (0, 0):
                return self._t("hour", at=self._voice.moment(at))
            return self._t("tick", day=self._voice.day((local - timedelta(days=1)).date()))
        amount = self._voice.money(Decimal(posting.units).scaleb(-4), posting.currency)
        kind = self._term("kind", posting.kind.value)
        return self._t("movement", at=self._voice.moment(at), kind=kind.lower(), amount=amount)

    def _customer(self) -> None:
        explained, chosen = self._report.explained, self._report.chosen
        about = explained or chosen
        assert about is not None
        segment, tier = self._term("segment", str(about.segment)), self._term("tier", about.tier)
        manager = about.manager_id or self._t("nobody")
        line = self._t("customer_line", id=self._report.customer_id, segment=segment, tier=tier, manager=manager)
        rows = [(self._t("customer"), line)]
        if explained is not None:
            before, after = explained.aum_before, explained.aum_after
        else:
            assert chosen is not None
            before, after = chosen.evidence.aum_before, chosen.evidence.aum_after
        assets = self._t("from_to", before=self._base(before), after=self._base(after)) if before != after else self._base(after)
        rows.append((self._t("assets"), assets))
        if explained is not None and chosen is not None:
            rows.append((self._t("when").capitalize(), self._moment(explained)))
        self._rows(rows)

    # --- one answer that was told

    def _told(self, answer: Answer) -> None:
        told = answer.notification
        self._head(f"{self._t('head.measured')}: {self._rule(answer)}" if self._report.answer is None else self._t("head.measured"))
        known = answer.rule in all_rules() and self._voice.language == "en"
        rows = [(self._t("looks"), definition(all_rules()[answer.rule]))] if known else []
        if told is not None:
            rows.append((self._t("told_to"), told.body[self._voice.language]))
        if answer.facet and answer.window is None and answer.facet not in answer.facts.values():
            rows.append((self._t("facet"), self._term("tier", answer.facet) if answer.facet in self._tiers() else safe(answer.facet)))
        rows.append((self._t("measured"), self._number(answer, answer.measured)))
        if answer.threshold:
            rows.append((self._t("threshold"), self._number(answer, answer.threshold)))
        if answer.window is not None:
            first, last = self._voice.day(answer.window.first), self._voice.day(answer.window.last)
            rows.append((self._t("window"), self._t("window_dates", first=first, last=last)))
        if told is not None:
            rows += [(label, safe(value)) for label, value in readable(told, self._voice)]
            if self._report.answer is None:
                rows.append((self._t("id"), str(told.notification_id)))
        self._rows(rows)
        if answer.threshold and answer.measured is not None:
            self._bar(answer)
        self._movements(answer)
        self._settings(answer)

    def _bar(self, answer: Answer) -> None:
        assert answer.measured is not None
        line, ticks = bar(answer.measured, [band.lower for band in answer.bands])
        shown = Rich("  ")
        shown.append(line[: line.index("●")], style="cyan")
        shown.append("●", style="bold cyan")
        shown.append(line[line.index("●") + 1 :], style="dim")
        self._console.print()
        self._console.print(shown)
        labels = [self._term("severity", str(band.severity)) for band in answer.bands]
        self._console.print(Rich("  " + _under(ticks, labels), style="dim"))
        froms = (
            self._t("from", severity=label, lower=self._number(answer, band.lower))
            for label, band in zip(labels, answer.bands, strict=True)
        )
        self._say("  " + " · ".join(froms), style="dim")

    def _movements(self, answer: Answer) -> None:
        self._head(self._t("head.movements"))
        if not answer.movements:
            self._say("  " + self._t("no_movement"))
            return
        shown = _largest(answer.movements)
        wide = self._console.width >= WIDE
        table = Table(box=None, pad_edge=False, header_style="dim")
        several = len(answer.movements) > 1
        heads = ["when", "kind", "account", "amount"]
        heads += ["counts"] if any(map(_counts_otherwise, shown)) else []
        heads += ["event"] if wide else []
        for head in heads:
            right = head in ("amount", "counts")
            table.add_column(self._t(head), justify="right" if right else "left", no_wrap=head != "event", overflow="fold")
        for one in shown:
            table.add_row(*(self._cell(one, head) for head in heads))
            if not wide:
                table.add_row(Rich(safe(one.event), style="dim"))
        self._console.print(Padding(table, (0, 0, 0, 2)))
        if len(shown) < len(answer.movements):
            rest = sum((one.counts or Decimal(0) for one in answer.movements if one not in shown), Decimal(0))
            left = len(answer.movements) - len(shown)
            self._say("  " + self._t("largest_of", all=len(answer.movements), shown=len(shown), left=left, rest=self._base(rest)))
        if several and answer.adds_up:
            self._say("  " + self._t("adds_up", sum=self._number(answer, answer.measured)))
        elif several and answer.window is not None:
            self._say("  " + self._t("of_window"))

    def _cell(self, one: Involved, head: str) -> Rich:
        voice = self._voice
        sign = "−" if one.direction == "debit" else "+"
        shown = {
            "when": lambda: voice.moment(one.occurred_at),
            "kind": lambda: self._term("kind", one.kind),
            "account": lambda: safe(one.account_id),
            "amount": lambda: sign + voice.money(one.amount, one.currency),
            "counts": lambda: "" if one.counts is None else self._base(one.counts),
            "event": lambda: safe(one.event),
        }
        return Rich(shown[head]())

    def _settings(self, answer: Answer) -> None:
        self._head(self._t("head.settings"))
        setting = answer.setting
        since = self._t("always") if setting.active_since is None else self._voice.moment(setting.active_since)
        by = safe(setting.changed_by) if setting.changed_by else self._t("settings_file") if setting.active_since is None else "?"
        mode = self._t(f"mode.{setting.mode}")
        line = self._t("version", id=answer.rule_id, name=answer.rule, version=setting.version, mode=mode, since=since, by=by)
        self._say(f"  {line}")
        rows = settings_of(self._report, answer, self._bank) if self._report.answer is not None else []
        if not rows:
            return
        table = Table(box=None, pad_edge=False, header_style="dim")
        for head in ("parameter", "value", "set_for"):
            table.add_column(self._t(head), no_wrap=head != "value", overflow="fold")
        for one in rows:
            table.add_row(*(Rich(safe(cell)) for cell in (one.name, one.value, self._set_for(one.set_for))))
        self._console.print(Padding(table, (0, 0, 0, 2)))

    def _set_for(self, layer: str) -> str:
        if layer in ("default", "all"):
            return self._t(f"set.{layer}")
        kind, _, name = layer.rpartition(" ")
        if kind == "bank's tier":
            return self._t("set.bank", tier=self._term("tier", name))
        return self._term(kind, name) if kind in ("tier", "segment") else f"{self._t('customer')} {name}"

    # --- the others

    def _others(self, explained: Explained) -> None:
        mine = self._report.answer
        also = [one for one in explained.answers if one.told and one is not mine]
        if mine is None and also:
            self._console.print()
            self._say(self._t("see_id"), style="dim")
        elif also:
            self._head(self._t("head.also"))
            self._close(sorted(also, key=lambda one: -one.closeness))
        silent = [one for one in explained.answers if not one.told]
        if silent and silent[0].reason is not Reason.NOT_TAKEN:
            self._head(self._t("head.others" if also or mine is not None else "head.none"))
            self._reasons(explained, silent)

    def _reasons(self, explained: Explained, others: Sequence[Answer]) -> None:
        order = {reason: place for place, reason in enumerate(Reason)}
        for reason in sorted({one.reason for one in others}, key=order.__getitem__):
            some = sorted((one for one in others if one.reason is reason), key=lambda one: -one.closeness)
            title = self._in(words.REASONS[reason])
            if reason is Reason.NOT_CONCERNED:
                title = self._in(words.NOT_CONCERNED_TICK if explained.moment.posting is None else words.NOT_CONCERNED_MOVEMENT)
            self._console.print(Rich(f"  {title}", style="italic"))
            if any(one.measured is not None or one.floor is not None for one in some):
                self._close(some)
            else:
                self._say("    " + self._voice.listed(self._name(one) for one in some))

    def _close(self, some: Sequence[Answer]) -> None:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        for one in some:
            share = self._voice.percent(one.measured / one.threshold) if one.measured is not None and one.threshold else ""
            table.add_row(Rich(self._name(one)), Rich(self._why(one)), Rich(share, style="dim"))
        self._console.print(Padding(table, (0, 0, 0, 4)))

    def _why(self, one: Answer) -> str:
        if one.reason is Reason.BELOW_FLOOR and one.amount is not None and one.floor is not None:
            return self._t("amount_floor", amount=self._base(one.amount), floor=self._base(one.floor))
        numbers = "" if one.measured is None else f"{self._number(one, one.measured)} / {self._number(one, one.threshold)}"
        if one.at is not None:
            until = self._t("until" if one.reason is Reason.COOLING_DOWN else "since", at=self._voice.moment(one.at))
            return f"{numbers}, {until}"
        return numbers

    def _name(self, one: Answer) -> str:
        """The rule, which of its numbers, and whether it is in test."""
        told = f" ({self._t('mode.test')})" if one.setting.mode is Mode.TEST else ""
        return self._rule(one) + (f" · {safe(one.facet)}" if one.facet else "") + told

    # --- what else was said

    def _history(self) -> None:
        if len(self._report.messages) > 1:
            self._head(self._t("head.history"))
            self._messages(self._report.messages, mark=self._report.chosen)

    def _later(self) -> None:
        if self._report.later:
            self._head(self._t("head.later"))
            self._messages(self._report.later)
            self._say("  " + self._t("see_tick"))

    def _messages(self, messages: Iterable[Notification], mark: Notification | None = None) -> None:
        table = Table(box=None, pad_edge=False, show_header=False)
        for one in messages:
            evidence = one.evidence
            numbers = f"{self._measure(evidence.unit, evidence.measured)} / {self._measure(evidence.unit, evidence.threshold)}"
            status, severity = self._term("status", one.status.value), self._term("severity", one.severity.value)
            here = "▸" if mark is not None and one.message_id == mark.message_id else " "
            name = [] if mark is not None else [self._term("rule", one.rule.name)]
            table.add_row(*map(Rich, (here, self._voice.moment(one.occurred_at), *name, status, severity, numbers)))
        self._console.print(Padding(table, (0, 0, 0, 1)))

    # --- words and numbers

    def _tiers(self) -> set[str]:
        return {tier.name for tier in self._bank.tiers}

    def _rule(self, answer: Answer) -> str:
        return self._term("rule", answer.rule)

    def _number(self, answer: Answer, value: Decimal | None) -> str:
        return "" if value is None else self._measure(answer.unit, value, answer.facts.get("currency"))

    def _measure(self, unit: str, value: Decimal, currency: str | None = None) -> str:
        if unit == "money":
            return self._voice.money(value, currency or self._bank.base_currency)
        if unit == "ratio":
            return self._voice.percent(value)
        return self._term("unit", unit).format(n=self._voice.number(value))

    def _base(self, amount: Decimal) -> str:
        return self._voice.money(amount, self._bank.base_currency)

    def _term(self, group: str, name: str) -> str:
        return safe(self._voice.term(group, name))

    def _t(self, key: str, /, **values: object) -> str:
        return self._in(words.TEXTS[key]).format(**values)

    def _in(self, text: Text) -> str:
        return text.english if self._voice.language == "en" else text.chinese

    # --- lines

    def _head(self, title: str) -> None:
        self._console.print()
        self._console.print(Rich(title, style="bold underline"))

    def _say(self, line: str, style: str = "") -> None:
        indent = len(line) - len(line.lstrip(" "))
        self._console.print(Padding(Rich(line.strip(), style=style), (0, 0, 0, indent)))

    def _rows(self, rows: Iterable[tuple[str, str]]) -> None:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, value in rows:
            table.add_row(Rich(label), Rich(value))
        self._console.print(Padding(table, (0, 0, 0, 2)))


def _counts_otherwise(one: Involved) -> bool:
    return one.counts is not None and one.counts != one.amount


def _largest(movements: Sequence[Involved]) -> list[Involved]:
    """The largest of them, and the last, which decided, in their order."""
    by_size = sorted(movements[:-1], key=lambda one: -abs(one.counts or one.amount))[: SHOWN_MOVEMENTS - 1]
    return [one for one in movements if one in by_size or one is movements[-1]]


def _under(ticks: Sequence[int], labels: Sequence[str]) -> str:
    """Labels that begin at these places."""
    line = ""
    for place, label in zip(ticks, labels, strict=True):
        line = line.ljust(place - sum(1 for letter in line if ord(letter) > 0x2E80)) + label
    return line
