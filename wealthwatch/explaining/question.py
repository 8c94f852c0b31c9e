"""The question that is asked, and all that is known in answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from schemas.notifications import Notification
from schemas.rules import RuleSettings
from schemas.settings import Settings
from streams.book import all_rules
from streams.explanation import Answer, Explained, Involved, Moment, Reason
from streams.windows import Calendar
from streams.wording import Text
from wealthwatch.explaining import words
from wealthwatch.explaining.files import Far
from wealthwatch.explaining.life import Life, Past
from wealthwatch.refusal import USAGE, Refusal


class Source(Protocol):
    """Files or topics."""

    def messages(self, wanted: str, far: Far) -> list[Notification]:
        """What is said under an id."""

    def past(self, customer_id: str, near: Notification | None, far: Far) -> Past | None:
        """All that is known of a customer."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is known.

    Attributes:
        customer_id: whom it is about.
        chosen: the message that was asked about; None where a time was.
        messages: all that was said of the same notification, in order.
        answer: how the message came about; None where a time was asked about.
        explained: every rule's answer at that moment; None where the replay does not say what the message says.
        later: what was told between the moment and the time asked about.
        warnings: what makes the replay less than certain.
    """

    customer_id: str
    chosen: Notification | None
    messages: list[Notification]
    answer: Answer | None
    explained: Explained | None
    later: list[Notification]
    warnings: list[Text]


def of_notification(source: Source, settings: Settings, wanted: str, far: Far) -> Report:
    """Explain a notification, by its id or by the id of one of its messages; the first message where several are meant."""
    try:
        wanted = str(UUID(wanted))
    except ValueError:
        raise Refusal(
            f"{wanted!r} is no id of a notification",
            "take one from the inbox or from notifications.jsonl, or give --customer and --at",
            USAGE,
        ) from None
    messages = source.messages(wanted, far)
    if not messages:
        raise Refusal(
            f"nothing was told under the id {wanted}",
            "check the id and the feed or broker it came from, or ask with --customer ID --at TIME",
        )
    chosen = next((one for one in messages if str(one.message_id) == wanted), messages[0])
    past = source.past(chosen.customer_id, chosen, far)
    if past is None:
        return Report(chosen.customer_id, chosen, messages, _by_itself(chosen, None), None, [], [words.GONE])
    return of_message(Life(past, settings), chosen, messages)


def of_message(life: Life, chosen: Notification, messages: list[Notification]) -> Report:
    """Explain one message by a life in which it should have been told."""
    warnings, replayed = list(life.past.warnings), _in(life, chosen)
    if replayed is None and not chosen.evidence.triggers:
        life.pass_until(max(int(chosen.occurred_at.timestamp()), *life.clocks))
        replayed = _in(life, chosen)
    if replayed is not None and _numbers(replayed) == _numbers(chosen):
        explained = life.explained(life.moment_of(replayed))
        answer = next(one for one in explained.answers if one.notification and one.notification.message_id == chosen.message_id)
        return Report(chosen.customer_id, chosen, messages, answer, explained, [], warnings)
    warnings.append(words.NOT_SAID if replayed is None else words.otherwise(replayed))
    return Report(chosen.customer_id, chosen, messages, _by_itself(chosen, life.past), None, [], warnings)


def of_time(source: Source, settings: Settings, customer_id: str, at: datetime, *, tick: bool, far: Far) -> Report:
    """Explain what was decided, and what was not, at the customer's last movement at or before a time, or at the close before it."""
    past = source.past(customer_id, None, far)
    if past is None:
        raise Refusal(
            f"no movement of customer {customer_id!r} is there", "check the id as the feed writes it, and that it is this feed or broker"
        )
    life, instant = Life(past, settings), int(at.timestamp())
    calendar = Calendar(settings.bank.time_zone)
    first = min((step.at for step in life.steps if step.posting is not None), default=0)
    if instant < first:
        raise Refusal(
            f"customer {customer_id} has no movement at or before {calendar.local(instant).isoformat()}",
            f"the first is at {calendar.local(first).isoformat()}; give that time or a later one",
        )
    if max(life.clocks) < instant:
        life.pass_until(instant)
    moment = life.movement_before(instant)
    if tick:
        midnight = calendar.midnight(calendar.date_of(instant))
        if midnight <= first:
            raise Refusal(
                f"no date has closed for customer {customer_id} before {calendar.local(instant).isoformat()}",
                f"the first movement is at {calendar.local(first).isoformat()}; give a time on a later date",
            )
        moment = Moment(midnight)
    if moment is None:
        raise Refusal(f"customer {customer_id} has no movement that was decided", "look for it with `wealthwatch dead-letters list`")
    later = [
        one for one in life.notifications if moment.at < one.occurred_at.timestamp() <= instant and not one.evidence.triggers and not tick
    ]
    return Report(customer_id, None, [], None, life.explained(moment), later, list(past.warnings))


def _in(life: Life, chosen: Notification) -> Notification | None:
    """The message in the replay, or the one in its place: with another severity it has another id."""
    alike = [one for one in life.notifications if (one.notification_id, one.status) == (chosen.notification_id, chosen.status)]
    return next((one for one in alike if one.message_id == chosen.message_id), alike[0] if alike else None)


def _numbers(one: Notification) -> tuple[object, ...]:
    """What must be the same for a replay to explain a message."""
    return one.evidence.measured, one.evidence.threshold, one.evidence.bands, one.severity, one.rule, one.evidence.window


def _by_itself(chosen: Notification, past: Past | None) -> Answer:
    """The answer that a message's own evidence gives."""
    evidence, rule = chosen.evidence, chosen.rule
    known = past.books.history(rule.name) if past is not None and rule.name in all_rules() else []
    unknown = RuleSettings(rule=rule.name, version=rule.version, mode=rule.mode)
    return Answer(
        rule.rule_id,
        rule.name,
        chosen.kind.value,
        Reason(chosen.status.value),
        next((one for one in known if one.version == rule.version), unknown),
        evidence.unit,
        "",
        evidence.measured,
        evidence.threshold,
        evidence.bands,
        chosen.severity,
        window=evidence.window,
        facts=dict(evidence.facts),
        movements=tuple(
            Involved(
                f"{one.source}/{one.event_id}",
                one.account_id,
                one.occurred_at,
                one.kind.value,
                one.direction.value,
                one.amount,
                one.currency,
                None,
            )
            for one in evidence.triggers
        ),
        notification=chosen,
    )
