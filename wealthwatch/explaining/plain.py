"""A report as plain values, for programs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from schemas.notifications import Notification
from schemas.settings import Bank
from streams.book import all_rules
from streams.explanation import Answer
from streams.findings import identity
from wealthwatch.explaining.question import Report
from wealthwatch.tuning.change import Layer
from wealthwatch.tuning.origins import Origin, origins


def plain(report: Report, bank: Bank) -> dict[str, Any]:
    """Everything that the page shows; amounts and other decimals as strings."""
    explained = report.explained
    found: dict[str, Any] = {
        "customer_id": report.customer_id,
        "replayed": explained is not None,
        "warnings": [one.english for one in report.warnings],
        "notification": report.chosen.model_dump(mode="json", exclude_none=True) if report.chosen else None,
        "messages": [_message(one) for one in report.messages],
        "answer": _answer(report.answer, settings_of(report, report.answer, bank)) if report.answer else None,
    }
    if explained is not None:
        posting = explained.moment.posting
        found["moment"] = {
            "at": datetime.fromtimestamp(explained.moment.at, UTC).isoformat(),
            "movement": identity(posting) if posting else None,
            "result": explained.result,
            "flow": explained.flow,
            "segment": explained.segment,
            "tier": explained.tier,
            "aum_before": str(explained.aum_before),
            "aum_after": str(explained.aum_after),
        }
        found["answers"] = [_answer(one, []) for one in explained.answers]
    found["later"] = [_message(one) for one in report.later]
    return found


def settings_of(report: Report, answer: Answer, bank: Bank) -> list[Origin]:
    """Every parameter of an answer's rule as it held for this customer, and where it comes from."""
    rule = all_rules().get(answer.rule)
    if rule is None:
        return []
    about = report.explained or report.chosen
    kinds = [Layer("customer", report.customer_id)]
    if about is not None:
        kinds = [Layer("segment", str(about.segment)), Layer("tier", about.tier), *kinds]
    return origins(rule, answer.setting, bank, kinds)


def _answer(answer: Answer, settings: list[Origin]) -> dict[str, Any]:
    told = answer.notification
    setting = answer.setting
    found = {
        **{
            name: value for name, value in asdict(answer).items() if name not in ("notification", "setting", "bands", "window", "movements")
        },
        "version": setting.version,
        "mode": setting.mode,
        "active_since": setting.active_since,
        "changed_by": setting.changed_by,
        "bands": {band.severity: band.lower for band in answer.bands},
        "window": answer.window.model_dump(mode="json") if answer.window else None,
        "movements": [asdict(one) for one in answer.movements],
        "message_id": told.message_id if told else None,
        "notification_id": told.notification_id if told else None,
    }
    if settings:
        found["parameters"] = [one._asdict() for one in settings]
    return {name: _json(value) for name, value in found.items()}


def _message(one: Notification) -> dict[str, Any]:
    return {
        "message_id": str(one.message_id),
        "notification_id": str(one.notification_id),
        "rule": one.rule.name,
        "status": one.status,
        "severity": one.severity,
        "occurred_at": one.occurred_at.isoformat(),
        "measured": str(one.evidence.measured),
        "threshold": str(one.evidence.threshold),
    }


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)
