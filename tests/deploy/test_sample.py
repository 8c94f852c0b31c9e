"""The one-shot of the profile `sample`, run here as its container runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.settings import Settings
from schemas.topics import CUSTOMERS, MOVEMENTS
from tests.brokers.records import read_all
from tests.deploy.stack import DEPLOY, services
from wealthwatch.configuration import environment_of


def sample(settings: Settings, folder: Path) -> str:
    program, _ = services()["sample"]["entrypoint"]
    script = DEPLOY / "sample.sh"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **environment_of(settings), "PATH": path, "CUSTOMERS": "20", "DAYS": "3", "RATE": "100000"}
    done = subprocess.run([program, script], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the script is for the image, whose date is GNU's")
def test_a_sample_is_told_once_however_often_it_is_started(settings: Settings, tmp_path: Path) -> None:
    sample(settings, tmp_path)
    told = read_all(settings, MOVEMENTS)
    assert len({record.key for record in read_all(settings, CUSTOMERS)}) == 20
    assert len(told) > 20
    assert "replayed before" in sample(settings, tmp_path)
    assert len(read_all(settings, MOVEMENTS)) == len(told)
