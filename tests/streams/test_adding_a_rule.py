"""The README's rule: one file, one test file, and nothing else touched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.native import ON_NATIVE

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "streams", "handlers", "wealthwatch", "tests")
SHARED = "tests/streams/rules/test_every_rule.py"


def blocks() -> tuple[str, str]:
    """The rule and its test, as the README shows them."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Adding a rule\n")[2].partition("\n## ")[0]
    rule, test = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert "`streams/rules/large_fee.py`" in section
    assert "`tests/streams/rules/test_large_fee.py`" in section
    return rule, test


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the two files in it."""
    folder = tmp_path_factory.mktemp("project")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    rule, test = blocks()
    (folder / "streams/rules/large_fee.py").write_text(rule, encoding="utf-8")
    (folder / "tests/streams/rules/test_large_fee.py").write_text(test, encoding="utf-8")
    return folder


def run(project: Path, *arguments: str) -> str:
    """Run Python in the copy, where its sources come first."""
    environment = {name: value for name, value in os.environ.items() if name not in ON_NATIVE}
    done = subprocess.run([sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rule_is_short() -> None:
    body = blocks()[0].partition("class LargeFee")[2].partition("\n\n\nRULE")[0]
    assert len([line for line in body.splitlines() if line.strip()]) <= 20


def test_its_own_test_passes(project: Path) -> None:
    assert "2 passed" in run(project, "-m", "pytest", "-o", "addopts=--import-mode=importlib", "tests/streams/rules/test_large_fee.py")


def test_the_shared_suite_examines_it_and_finds_nothing(project: Path) -> None:
    chosen = "large_fee or every_file or names_are or every_rule_is_recomputed"
    told = run(project, "-m", "pytest", "-o", "addopts=--import-mode=importlib", SHARED, "-k", chosen)
    passed = re.search(r"(\d+) passed", told)
    assert passed is not None
    assert int(passed[1]) >= 12


def test_it_is_set_and_listed_like_any_other(project: Path) -> None:
    (project / "bank.toml").write_text("[rules.large_fee]\nparameters = { limit = 50 }\n", encoding="utf-8")
    assert "sets large_fee" in run(project, "-m", "wealthwatch", "rules", "check", "bank.toml")
    told = run(project, "-m", "wealthwatch", "--config", "bank.toml", "rules", "show", "large_fee", "--offline")
    assert re.search(r"limit\W+50\W", told)
    assert "One fee >= limit" in told


def test_the_types_of_the_rule_hold(project: Path) -> None:
    assert "Success" in run(project, "-m", "mypy", "--strict", "streams/rules/large_fee.py")
