"""Children on a leash: real processes, ended in every way there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.brokers.processes import program_pid
from tests.patience import PATIENCE_S
from wealthwatch.supervisor import Child

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

PATIENT = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("saved", flush=True), sys.exit(7)))
print("ready", flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


def python(script: str, tmp_path: Path) -> Child:
    return Child("the program", [sys.executable, "-c", script], tmp_path / "log")


def ready(child: Child) -> int:
    """The program's pid, once it runs."""
    deadline = time.monotonic() + PATIENCE_S
    while "ready" not in child.last_words():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return program_pid(child)


def gone(pid: int) -> bool:
    """Whether the process ended within a moment: nobody tells when a stranger's process ends, so we look."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


def test_a_child_that_is_stopped_may_save_first_and_its_exit_code_is_kept(tmp_path: Path) -> None:
    with python(PATIENT, tmp_path) as child:
        pid = ready(child)
        assert child.exit_code is None
        assert child.stop() == 7
    assert child.last_words() == "ready\nsaved"
    assert gone(pid)


def test_a_child_that_is_killed_has_no_time_to_save(tmp_path: Path) -> None:
    with python(PATIENT, tmp_path) as child:
        pid = ready(child)
        assert child.kill() == 128 + signal.SIGKILL
    assert child.last_words() == "ready"
    assert gone(pid)


def test_a_child_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    with Child("stubborn", [sys.executable, "-c", STUBBORN], tmp_path / "log", grace_s=0.2) as child:
        pid = ready(child)
        assert child.stop() == 128 + signal.SIGKILL
    assert gone(pid)


def test_a_child_ends_when_its_leash_is_killed(tmp_path: Path) -> None:
    with python(STUBBORN, tmp_path) as child:
        pid = ready(child)
        os.kill(child.pid, signal.SIGKILL)
        assert gone(pid)


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = f"""
import sys, time
from pathlib import Path
from tests.brokers.processes import program_pid
from wealthwatch.supervisor import Child
child = Child("x", [sys.executable, "-c", {PATIENT!r}], Path({str(tmp_path / "log")!r}))
while "ready" not in child.last_words():
    time.sleep(0.01)
print(child.pid, program_pid(child), flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout
        leash, program = map(int, parent.stdout.readline().split())
        parent.kill()
    assert gone(program)
    assert gone(leash)


def test_the_last_words_are_the_end_of_the_log(tmp_path: Path) -> None:
    with python("print('\\n'.join(map(str, range(10000))))", tmp_path) as child:
        child.wait(20)
        assert child.last_words(2) == "9998\n9999"
