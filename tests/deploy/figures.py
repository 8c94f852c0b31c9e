"""Every series that the services show, and what an expression asks for."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry

from handlers.inbox.metrics import Metrics as InboxMetrics
from handlers.metrics import NotifierMetrics
from streams.metrics import Metrics as DetectorMetrics
from wealthwatch.build import announce

OF_PROMETHEUS = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate", "severity", "job", "instance"}}
TARGET = {"job", "instance"}

_STRINGS = re.compile(r'"[^"]*"|\'[^\']*\'')
_RANGES = re.compile(r"\[[^\]]*\]|\boffset\s+\w+")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MATCHERS = re.compile(r"([a-zA-Z_:][\w:]*)?\{([^}]*)\}")
_NAME = re.compile(r"(?<![\w.$:])([a-zA-Z_:][\w:]*)\b(?!\s*\()")
_WORDS = {"and", "or", "unless", "bool", "inf", "nan"}


def series() -> dict[str, set[str]]:
    """The labels of every series that can be asked for, by its name as Prometheus keeps it."""
    detector, inbox, registry = DetectorMetrics(CollectorRegistry()), InboxMetrics(), CollectorRegistry()
    NotifierMetrics(registry)
    announce("notifier", registry)
    found: dict[str, set[str]] = {}
    for one in (detector.registry, inbox.registry, registry):
        for name, collector in one._names_to_collectors.items():
            labels = {*collector._labelnames, *TARGET}  # type: ignore[attr-defined]
            kind = collector._type  # type: ignore[attr-defined]
            base = collector._name  # type: ignore[attr-defined]
            shown = {"counter": {f"{base}_total"}, "gauge": {base}, "histogram": {f"{base}_{end}" for end in ("bucket", "count", "sum")}}
            if name in shown[kind]:
                found[name] = labels | ({"le"} if name.endswith("_bucket") else set())
    return found


def asked(expression: str) -> tuple[set[str], set[str]]:
    """The names of the series and of the labels in an expression."""
    rest = _STRINGS.sub('""', expression)
    labels = {label.strip() for group in _GROUPING.findall(rest) for label in group.split(",") if label.strip()}
    rest = _GROUPING.sub(" ", rest)
    labels |= {label for _, matchers in _MATCHERS.findall(rest) for label in re.findall(r"(\w+)\s*[=!]", matchers)}
    rest = _RANGES.sub(" ", _MATCHERS.sub(r"\1 ", rest))
    return {name for name in _NAME.findall(rest) if name not in _WORDS}, labels


def unknown(expression: str) -> list[str]:
    """What an expression asks for and no service shows."""
    known = {**series(), **OF_PROMETHEUS}
    names, labels = asked(expression)
    wrong = sorted(names - known.keys())
    there = set().union(*(known[name] for name in names & known.keys()))
    return wrong + sorted(labels - there)
