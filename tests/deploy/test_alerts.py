"""The alerts ask only for what the services show; where Prometheus' own tool is, it says when they fire."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.figures import unknown
from tests.deploy.stack import DEPLOY

RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"] for rule in group["rules"]
]
CASES = Path(__file__).with_name("alerts.yml")


def promtool(*arguments: str, folder: Path) -> None:
    program = shutil.which("promtool")
    if not program:
        pytest.skip("promtool is missing: apt-get install --no-install-recommends prometheus")
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_expression_asks_for_series_and_labels_that_exist(rule: dict[str, Any]) -> None:
    assert unknown(rule["expr"]) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    what, _, todo = rule["annotations"]["summary"].partition(": ")
    assert what
    assert todo


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    text = CASES.read_text()
    assert [rule["alert"] for rule in RULES if text.count(rule["alert"]) < 2] == []


def test_prometheus_reads_its_settings(tmp_path: Path) -> None:
    promtool("check", "config", str(DEPLOY / "prometheus/prometheus.yml"), folder=tmp_path)


def test_the_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    shutil.copy(DEPLOY / "prometheus/alerts.yml", tmp_path / "alerts.yml")
    shutil.copy(CASES, tmp_path / "cases.yml")
    promtool("test", "rules", "cases.yml", folder=tmp_path)
