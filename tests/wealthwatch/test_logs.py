"""Logs, as a process writes them."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.patience import PATIENCE_S

SCRIPT = """
import logging, structlog
from schemas.settings import Log
from wealthwatch.logs import start_logging
start_logging(Log(level={level!r}, format={form!r}))
structlog.get_logger("wealthwatch.test").info("recovered", partition=3)
logging.getLogger("aiokafka.consumer").info("chatter")
logging.getLogger("kafka.protocol.parser").debug("the bytes of a message")
logging.getLogger("faust.worker").warning("slow %s", "agent")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger("wealthwatch.test").exception("failed")
"""


def written(level: str, form: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(level=level, form=form)], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_logs_are_one_object_a_line_ours_and_the_libraries_alike() -> None:
    ours, theirs, failure = (json.loads(line) for line in written("info", "json"))
    assert (ours["event"], ours["partition"], ours["level"], ours["logger"]) == ("recovered", 3, "info", "wealthwatch.test")
    assert (theirs["event"], theirs["logger"]) == ("slow agent", "faust.worker")
    assert failure["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "timestamp" in ours


def test_debug_lets_the_libraries_speak_but_not_show_messages() -> None:
    lines = written("debug", "json")
    assert any("chatter" in line for line in lines)
    assert not any("bytes of a message" in line for line in lines)


def test_console_logs_are_for_reading() -> None:
    lines = written("warning", "console")
    assert not any("recovered" in line for line in lines)
    assert any("slow agent" in line for line in lines)
    assert any("ZeroDivisionError" in line for line in lines)
