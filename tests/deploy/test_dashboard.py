"""The dashboard asks only for what the services show."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from tests.deploy.figures import asked, series, unknown
from tests.deploy.stack import DEPLOY

DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/wealthwatch.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [pytest.param(target, id=f"{panel['title']}-{target['refId']}") for panel in PANELS for target in panel["targets"]]


@pytest.mark.parametrize("target", TARGETS)
def test_every_expression_asks_for_series_and_labels_that_exist(target: dict[str, Any]) -> None:
    assert unknown(target["expr"]) == []


@pytest.mark.parametrize("target", TARGETS)
def test_a_legend_names_only_labels_that_are_left(target: dict[str, Any]) -> None:
    grouped = {label.strip() for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in group.split(",")}
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) == grouped - {"le"}


def test_every_panel_has_one_thing_to_say_and_a_source_that_exists() -> None:
    (source,) = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        assert panel["description"].endswith(".")
        assert {panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])} == {source["uid"]}


def test_no_panel_covers_another() -> None:
    for one, other in combinations(DASHBOARD["panels"], 2):
        a, b = one["gridPos"], other["gridPos"]
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"] or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside, (one["title"], other["title"])
        assert a["x"] + a["w"] <= 24
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_what_each_service_counts_is_seen() -> None:
    """But for a few that only a closer look needs."""
    seen = {name for panel in PANELS for target in panel["targets"] for name in asked(target["expr"])[0]}
    counted = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in series()}
    shown = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in seen}
    for_a_closer_look = {
        "wealthwatch_delivery_seconds",
        "wealthwatch_feed_gap_seconds",
        "wealthwatch_feed_quiet_seconds",
        "wealthwatch_inbox_batch_seconds",
        "wealthwatch_inbox_caught_up",
        "wealthwatch_inbox_feed_failures",
        "wealthwatch_inbox_malformed",
        "wealthwatch_inbox_records",
        "wealthwatch_notifier_remembered",
        "wealthwatch_rule_failures",
    }
    assert counted - shown == for_a_closer_look
