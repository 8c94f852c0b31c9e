"""The decision core that is tested is the one that was asked for: the sources, or what was compiled of exactly these sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native import PACKAGES, ROOT, SOURCES, complaint, place_of
from tests.patience import PATIENCE_S


@pytest.mark.parametrize("source", SOURCES)
def test_a_module_of_the_core_runs_as_was_asked_for(source: str, pytestconfig: pytest.Config) -> None:
    place = place_of(source)
    if pytestconfig.getoption("--core") == "compiled":
        assert place.suffix in {".so", ".pyd"}
        assert place.parent == (ROOT / "build/native" / source).parent
    else:
        assert place == ROOT / source


def test_a_year_of_a_bank_is_decided_alike_to_the_byte(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """Late, doubled, misordered and lost movements among them; the compiled core in two processes, the interpreted one in one."""
    if pytestconfig.getoption("--core") == "interpreted":
        pytest.skip("compares with the compiled core: make test-native")
    feed = tmp_path / "bank.jsonl"

    def wealthwatch(first: Path, *arguments: object) -> str:
        environment = {**os.environ, "PYTHONPATH": str(first), "PYTHONSAFEPATH": "1"}
        command = [sys.executable, "-m", "wealthwatch", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=PATIENCE_S).stdout

    kinds = {"compiled": (ROOT / "build/native", 2), "interpreted": (ROOT, 1)}
    wealthwatch(ROOT, "simulate", "--customers", 60, "--days", 365, "--faults", "--out", feed)
    for kind, (place, jobs) in kinds.items():
        assert f"(core {kind})" in wealthwatch(place, "--version")
        wealthwatch(place, "backtest", feed, "--jobs", jobs, "--out", tmp_path / kind)
    compiled, interpreted = ({path.name: path.read_bytes() for path in (tmp_path / kind).iterdir()} for kind in kinds)
    assert compiled["notifications.jsonl"].count(b"\n") > 60
    assert compiled == interpreted


def test_no_compiled_module_stands_among_the_sources() -> None:
    assert [path for package in PACKAGES for end in ("so", "pyd") for path in (ROOT / package).rglob(f"*.{end}")] == []


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build that is made of these sources."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / "native" / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "native"


def test_a_build_of_these_sources_is_good(build: Path) -> None:
    assert complaint(build) is None


def test_a_missing_build_is_noticed(tmp_path: Path) -> None:
    assert complaint(tmp_path / "native") == "there is no native"


def test_a_build_of_other_sources_is_noticed(build: Path) -> None:
    (build / "streams/money.py").write_text("SCALE = 100\n")
    (build / "streams/removed_since.py").touch()
    (build / "streams/rules/large_outflow.py").unlink()
    said = complaint(build)
    assert said == "it is not made of these sources: streams/money.py, streams/removed_since.py, streams/rules/large_outflow.py"


def test_make_notices_other_contents_whatever_their_time(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "hatch_build.py", "requirements", *PACKAGES):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)

    def sources() -> tuple[str, int]:
        subprocess.run(["make", "build/sources"], cwd=tmp_path, check=True, capture_output=True)
        made = tmp_path / "build/sources"
        return made.read_text(), made.stat().st_mtime_ns

    first = sources()
    (tmp_path / "streams/money.py").touch()
    assert sources() == first
    (tmp_path / "streams/money.py").write_text("SCALE = 100\n")
    second = sources()
    assert second != first
    (tmp_path / "streams/money.py").unlink()
    assert sources() != second
