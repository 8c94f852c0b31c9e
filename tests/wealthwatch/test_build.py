"""Which wealthwatch runs can be seen on the command line, in the log, and among the figures."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tests.native import ROOT
from tests.patience import PATIENCE_S
from wealthwatch.build import announce, core


def test_the_core_is_what_the_tests_were_asked_to_run_on(pytestconfig: pytest.Config) -> None:
    assert core() == pytestconfig.getoption("--core")


def test_the_version_says_whether_the_core_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "streams").mkdir()
    for name in ("__init__.py", "decide.so"):
        (tmp_path / "streams" / name).touch()

    def said(*first: Path) -> str:
        path = os.pathsep.join(map(str, [*first, ROOT]))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
        command = [sys.executable, "-m", "wealthwatch", "--version"]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=PATIENCE_S).stdout

    assert said() == f"wealthwatch {version('wealthwatch')} (core interpreted)\n"
    assert said(tmp_path) == f"wealthwatch {version('wealthwatch')} (core compiled)\n"


def test_a_service_says_what_it_runs_in_its_log_and_its_figures() -> None:
    registry = CollectorRegistry()
    with capture_logs() as logs:
        announce("detector", registry)
    what = {"version": version("wealthwatch"), "core": core()}
    assert logs == [{"event": "starting", "log_level": "info", "service": "detector", **what}]
    assert registry.get_sample_value("wealthwatch_build_info", what) == 1
