"""From a finding to the notification that is published: ids, evidence, words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha1
from typing import Any, Final
from uuid import UUID, SafeUUID

import msgspec

from schemas.customers import Segment
from schemas.message import Words, made_of
from schemas.movements import AssetClass
from schemas.notifications import Band, Evidence, Inhibition, InstrumentPrice, Notification, Rate, Status, Trigger
from schemas.rules import Severity
from streams.customer import CLASSES, Customer
from streams.due import due_by
from streams.money import Rates, to_decimal, to_quantity
from streams.posting import Posting
from streams.rule import Facts, Finding, Rule, Unit
from streams.wording import Text
from streams.world import World
from streams.worth import quote_of

NAMESPACE = UUID("6f0c1d5e-2f0a-5b0e-9c39-3f6f6b1f7a10")
"""Of every derived id."""
_NAMESPACE = NAMESPACE.bytes
_NO_VERSION: Final = ~(0xF000 << 64 | 0xC000 << 48)
_VERSION_5: Final = 5 << 76 | 0x8000 << 48

_PREFIX = {
    Status.ESCALATED: Text("升级：", "Escalated: "),
    Status.RESOLVED: Text("已解除：", "Resolved: "),
    Status.RETRACTED: Text("已撤回：", "Retracted: "),
}
_SEGMENTS = {segment.value: segment for segment in Segment}
_NO_ACTION = Text("无需处理。", "Nothing to do.")


def notification_id(rule: str, dedup_key: str, opened_by: str) -> UUID:
    """The id of one opening: the same history gives the same.

    Args:
        rule: the rule's name.
        dedup_key: what the finding is about.
        opened_by: the identity of the movement that triggered it, or the instant of the tick that opened it.
    """
    return derived(_NAMESPACE, f"{rule}|{dedup_key}|{opened_by}")


def derived(namespace: bytes, name: str) -> UUID:
    """What `uuid.uuid5` gives (RFC 9562), which imports its digest anew for each; its bits are put in here, for UUID takes its time."""
    number = int.from_bytes(sha1(namespace + name.encode(), usedforsecurity=False).digest()[:16], "big")
    return _uuid(number & _NO_VERSION | _VERSION_5)


def uuid_of(text: str) -> UUID:
    """The id that a text of ours, as `str` writes it, stands for."""
    return _uuid(int(text.replace("-", ""), 16))


def _uuid(number: int) -> UUID:
    """What `UUID(int=number)` gives, in a third of the time: it looks at all the other ways in which one may be given first."""
    made = _new_uuid(UUID)
    _put(made, "int", number)
    _put(made, "is_safe", SafeUUID.unknown)
    return made


_new_uuid: Final = UUID.__new__
_put: Final = object.__setattr__


def identity(posting: Posting) -> str:
    """A movement's identity within all feeds."""
    return f"{posting.source}/{posting.event_id}"


def notify(
    world: World,
    rule: Rule[Any],
    finding: Finding[Any],
    *,
    status: Status,
    about: UUID,
    dedup_key: str,
    detected_at: datetime | None,
) -> Notification:
    """The message that says what was found.

    Args:
        world: rules, rates and calendar.
        rule: whose words it is told in; a retraction is told in its own, but refers to the rule that it takes back (the facet).
        finding: the numbers.
        status: what the message says of the notification.
        about: the notification's id.
        dedup_key: what the finding is about.
        detected_at: when the deciding record was appended; without it, it is detected as it occurs.
    """
    situation = finding.situation
    customer = situation.customer
    profile = customer.profile
    said = rule.say(finding)
    over = status in (Status.RESOLVED, Status.RETRACTED)
    about_rule = situation.book.rules[finding.measured.facet] if status is Status.RETRACTED and rule.retracts else rule
    classification = about_rule.classification
    group = f"{customer.customer_id}:{situation.day}"
    occurred_at = datetime.fromtimestamp(situation.now if situation.posting is None else situation.posting.at, UTC)
    if detected_at is None:
        detected_at = occurred_at
    fields: dict[str, Any] = {
        "schema_version": 1,
        "message_id": derived(about.bytes, f"{status}|{finding.severity}"),
        "notification_id": about,
        "kind": rule.kind,
        "status": status,
        "rule": situation.book.references[about_rule.name],
        "severity": finding.severity,
        "classification": classification,
        "customer_id": customer.customer_id,
        "household_id": profile.household_id,
        "manager_id": profile.manager_id if classification is None else None,
        "branch": profile.branch,
        "segment": _SEGMENTS[profile.segment],
        "tier": situation.book.tier_of(customer),
        "base_currency": situation.book.bank.base_currency,
        "evidence": _evidence(world, rule, finding),
        "title": _words(status, said.title),
        "body": said.body.words(),
        "suggested_action": _NO_ACTION.words() if over else _words(Status.OPENED, said.action),
        "occurred_at": occurred_at,
        "detected_at": detected_at,
        "due_by": None if over else due_by(finding.severity, detected_at, situation.book.bank),
        "dedup_key": dedup_key,
        "group_key": group if classification is None else f"{classification}:{group}",
        "inhibits": _inhibition(rule.inhibits, rule.inhibits_s) if rule.inhibits and not over else None,
    }
    return made_of(Notification, fields)


_MOST_WORDS: Final = 4_096
_known_words: dict[tuple[str, str, str], Words] = {}


def _words(status: Status, text: Text) -> Words:
    """A title or an advice as a message carries it; most are the same for each finding of a rule."""
    key = (status, text.chinese, text.english)
    found = _known_words.get(key)
    if found is None:
        if len(_known_words) >= _MOST_WORDS:
            _known_words.clear()
        found = _known_words[key] = (text if status is Status.OPENED else _PREFIX[status] + text).words()
    return found


@lru_cache(maxsize=256)
def _inhibition(rules: frozenset[str], within_s: int) -> Inhibition:
    return Inhibition(rules=tuple(sorted(rules)), within_s=within_s)


def written(said: Notification) -> bytes:
    """The message's bytes: those of `model_dump_json(exclude_none=True)`, written faster."""
    fields, evidence = _fields(said), _fields(said.evidence)
    evidence["bands"] = _kept(said.evidence.bands)
    evidence["triggers"] = [_fields(trigger) for trigger in said.evidence.triggers]
    fields["rule"] = _kept(said.rule)
    fields["title"] = _kept(said.title)
    fields["body"] = _written(said.body)
    fields["suggested_action"] = _kept(said.suggested_action)
    fields["evidence"] = evidence
    return _encode(fields)


def _fields(part: object) -> dict[str, Any]:
    """A message, or a part of one, as its fields; what is not known is left out."""
    return {name: value for name, value in vars(part).items() if value is not None}


def _written(part: object) -> dict[str, Any]:
    """The same, for whatever has a form of its own, too."""
    if type(part) is Words:  # isinstance asks pydantic's metaclass, for longer than the rest takes
        return {"zh-CN": part.chinese, "en": part.english}
    fields = _fields(part)
    if type(part) is InstrumentPrice:
        fields["quantity"] = format(part.quantity, "f")
    return fields


_encode = msgspec.json.Encoder(enc_hook=_written).encode
_MOST_KEPT: Final = 8_192
_known: dict[int, tuple[object, msgspec.Raw]] = {}
"""Parts that many messages share, by their identity, and their bytes."""


def _kept(part: object) -> msgspec.Raw:
    """The bytes of a part that many messages share; it never changes."""
    known = _known.get(id(part))
    if known is not None and known[0] is part:
        return known[1]
    if len(_known) >= _MOST_KEPT:
        _known.clear()
    found = msgspec.Raw(_encode(part))
    _known[id(part)] = (part, found)
    return found


_MILLIONTH: Final = Decimal("0.000001")


def in_unit(value: int, unit: Unit) -> Decimal:
    """A rule's number as the evidence writes it: money is in ten-thousandths inside, a ratio in millionths."""
    if unit == "money":
        return to_decimal(value)
    return Decimal(value) * _MILLIONTH if unit == "ratio" else Decimal(value)


def _evidence(world: World, rule: Rule[Any], finding: Finding[Any]) -> Evidence:
    situation = finding.situation
    customer, effect, posting = situation.customer, situation.effect, situation.posting
    worths = customer.worths()
    after = before = _amounts(worths)
    aum_before = customer.aum
    if effect is not None:
        aum_before = effect.aum_before
        account = effect.account
        worths[account.asset_class] -= account.value or 0
        worths[effect.class_before] += effect.value_before
        before = _amounts(worths)
    facts: Facts = rule.facts(finding)
    unit = finding.measured.unit or rule.unit
    prices = _prices(customer, world.rates)
    accounts = {account.currency for account in customer.accounts.values()}
    foreign = sorted((accounts | {price.currency for price in prices}) - {world.rates.base})
    fields: dict[str, Any] = {
        "measured": in_unit(finding.measured.value, unit),
        "unit": unit,
        "threshold": in_unit(finding.measured.threshold, unit),
        "bands": _bands(finding.prepared.bands, finding.measured.threshold, unit),
        "window": facts.window,
        "aum_before": to_decimal(aum_before),
        "aum_after": to_decimal(customer.aum),
        "net_assets_after": to_decimal(customer.net_assets),
        "allocation_before": before,
        "allocation_after": after,
        "triggers": () if posting is None else (_trigger(posting),),
        "rates": tuple(Rate(currency=code, rate=rate, at=at) for code in foreign for rate, at in [world.rates.quoted(code)]),
        "prices": prices,
        "facts": dict(facts.facts),
        "profile_offset": customer.profile.offset if customer.profile.offset >= 0 else None,
    }
    return made_of(Evidence, fields)


_MOST_BANDS: Final = 4_096
_known_bands: dict[tuple[int, int, str], tuple[object, tuple[Band, ...]]] = {}
"""By the identity of a rule's bands, which is kept beside them, since to compare and to hash their numbers takes longer than all else."""


def _bands(bands: tuple[tuple[Severity, Decimal], ...], threshold: int, unit: Unit) -> tuple[Band, ...]:
    key = (id(bands), threshold, unit)
    known = _known_bands.get(key)
    if known is not None and known[0] is bands:
        return known[1]
    lowest = in_unit(threshold, unit)
    found = tuple([made_of(Band, {"severity": name, "lower": lowest * multiple}) for name, multiple in bands])
    if len(_known_bands) >= _MOST_BANDS:
        _known_bands.clear()
    _known_bands[key] = (bands, found)
    return found


def _prices(customer: Customer, rates: Rates) -> tuple[InstrumentPrice, ...]:
    """What units are valued by, an entry for each instrument and price."""
    held: dict[tuple[str, str, Decimal, datetime | None], int] = {}
    for account in customer.accounts.values():
        quote = quote_of(account, rates) if account.priced_at else None
        if quote is None and not account.at_cost:
            continue
        price, at = (Decimal(0), None) if quote is None else (quote.price.price, quote.price.at)
        key = (account.instrument or "", account.currency if quote is None else quote.currency, price, at)
        held[key] = held.get(key, 0) + account.held
    return tuple(
        InstrumentPrice(instrument=instrument, quantity=to_quantity(quantity), currency=currency, price=price, at=at)
        for (instrument, currency, price, at), quantity in held.items()
    )


def _amounts(values: list[int]) -> dict[AssetClass, Decimal]:
    """What is worth something, by class; the values are in the order of `CLASSES`."""
    return {CLASSES[place]: to_decimal(values[place]) for place in range(len(values)) if values[place]}


def _trigger(posting: Posting) -> Trigger:
    other = posting.counterparty
    fields: dict[str, Any] = {
        "source": posting.source,
        "event_id": posting.event_id,
        "account_id": posting.account_id,
        "occurred_at": posting.occurred_at,
        "kind": posting.kind,
        "direction": posting.direction,
        "amount": to_decimal(posting.units),
        "currency": posting.currency,
        "counterparty": None if other is None else other.name or other.account,
    }
    return made_of(Trigger, fields)


def band(bands: tuple[tuple[Severity, Decimal], ...], value: int, threshold: int) -> Severity:
    """The severity of a value at or above the threshold: the highest band whose lower bound it reaches."""
    reached = [severity for severity, multiple in bands if value >= multiple * threshold]
    return reached[-1] if reached else bands[0][0]
