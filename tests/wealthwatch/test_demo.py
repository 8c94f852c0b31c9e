"""The demo, run as people run it, and ended in every way there is."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.native import ON_NATIVE
from tests.patience import PATIENCE_S
from wealthwatch.broker import HOST, free_port
from wealthwatch.build import core
from wealthwatch.services import COMMANDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed demo cannot remove goes with the test's folder; and `make run` has no compiled core."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name in ON_NATIVE:
        monkeypatch.delenv(name, raising=False)


SMALL = ("--customers", "60", "--days", "45", "--start", "2025-03-01", "--port", "0")


@contextmanager
def demo(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "wealthwatch", "demo", *arguments]
    environment = {**os.environ, **variables, "COLUMNS": "120"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(*arguments: str, **variables: str) -> tuple[int, str, str]:
    with demo(*arguments, **variables) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def until_welcomed(process: subprocess.Popen[str]) -> str:
    """What the demo has said up to the login."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C ends everything" in line:
            return said
    pytest.fail(f"no welcome: {said}{process.stderr.read() if process.stderr else ''}")


def descendants(pid: int) -> dict[str, int]:
    """Every process below this one, by its command line."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found[Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ").strip()] = int(child)
        found |= descendants(int(child))
    return found


def all_gone(pids: list[int]) -> bool:
    """Whether all ended within a moment: nobody tells when a stranger's process ends, so we look."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        states = [Path(f"/proc/{pid}/stat") for pid in pids]
        if not any(state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z" for state in states):
            return True
        time.sleep(0.05)
    return False


def test_a_demo_for_a_script_says_what_came_of_it_and_nothing_else(tmp_path: Path) -> None:
    code, out, err = finished(*SMALL, "--exit-when-done", "--json", "--folder", str(tmp_path / "new"))
    assert (code, err) == (0, "")
    summary = json.loads(out)
    sample = (tmp_path / "new" / "sample.jsonl").read_bytes()
    assert summary["movements"] == sample.count(b"\n")
    assert summary["dead_letters"] == 0
    notifications = summary["notifications"]
    assert notifications["total"] == sum(notifications["by_rule"].values()) == sum(notifications["by_severity"].values()) > 0
    assert {"large_inflow", "large_outflow"} <= set(notifications["by_rule"])
    assert summary["movements_per_second"] == pytest.approx(summary["movements"] / summary["seconds"], rel=0.01)
    for service in COMMANDS:
        assert f"core={core()}" in (tmp_path / "new" / f"{service}.log").read_text()


def test_the_inbox_is_there_with_a_login_and_ctrl_c_ends_everything() -> None:
    with demo(*SMALL) as process:
        said = until_welcomed(process)
        running = descendants(process.pid)
        assert all(any(f"wealthwatch {name}" in command for command in running) for name in ("detector", "notifier", "inbox serve"))
        access = re.search(r"(http://\S+)\s+log in\s+(\S+)\s+password (\S+)", said)
        assert access
        with httpx.Client(base_url=access[1], follow_redirects=True) as browser:
            token = re.search(r'name="form_token" value="([^"]+)"', browser.get("/login").text)
            assert token
            page = browser.post("/login", data={"form_token": token[1], "username": access[2], "password": access[3]})
            assert (page.status_code, page.url.path) == (200, "/")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")
    assert "everything is stopped" in out
    assert all_gone(list(running.values()))


def test_a_demo_that_is_killed_leaves_nothing_running() -> None:
    with demo(*SMALL) as process:
        until_welcomed(process)
        running = list(descendants(process.pid).values())
        process.kill()
    assert len(running) == 8
    assert all_gone(running)


def test_a_service_that_dies_ends_the_demo_with_its_last_words() -> None:
    with demo(*SMALL) as process:
        until_welcomed(process)
        running = descendants(process.pid)
        detector = next(pid for command, pid in running.items() if "leash" not in command and command.endswith("wealthwatch detector"))
        os.kill(detector, signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert err.startswith("wealthwatch: the detector ended with exit code 137: its last words:\n")
    assert all_gone(list(running.values()))


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "said"),
    [
        (("--json",), {}, 2, "--json goes with --exit-when-done"),
        (("--start", "yesterday"), {}, 2, "--start is a date"),
        (("--folder", "/proc/demo"), {}, 3, "wealthwatch: /proc/demo: "),
        (("--port", "0"), {"CALF_TANSU_BIN": "/nowhere"}, 3, "wealthwatch: the embedded broker has no program for this platform: "),
        (("--port", "0"), {"WEALTHWATCH_KAKFA": "x"}, 2, "wealthwatch: no setting has the environment variable WEALTHWATCH_KAKFA: "),
    ],
)
def test_what_a_person_can_put_right_is_said_in_one_line(
    arguments: tuple[str, ...], variables: dict[str, str], code: int, said: str
) -> None:
    ended, _, err = finished(*arguments, **variables)
    assert ended == code
    assert said in err
    assert "Traceback" not in err


def test_a_port_in_use_is_said_before_anything_starts() -> None:
    import socket

    with socket.create_server((HOST, 0)) as taken:
        code, _, err = finished("--port", str(taken.getsockname()[1]))
    assert code == 3
    assert re.fullmatch(rf"wealthwatch: the inbox cannot open at {HOST}:\d+ \(.*in use.*\): give another port, .*\n", err)


def test_settings_of_the_shell_do_not_reach_into_the_demo() -> None:
    nobody = f"{HOST}:{free_port()}"
    code, out, err = finished(*SMALL, "--exit-when-done", "--json", WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS=nobody)
    assert (code, err) == (0, "")
    assert json.loads(out)["movements"] > 0
