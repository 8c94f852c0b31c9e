"""No container engine runs here: the Dockerfile is held against the tree, and what it runs inside the image is run here."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch

import pytest
from prometheus_client import CollectorRegistry

from schemas.environment import complaint, variables
from schemas.settings import CONFIG_VARIABLE, PREFIX, Settings
from schemas.settings import Door as Place
from tests.deploy.stack import ROOT, dockerfile, image_environment, image_health, in_final
from wealthwatch.door import Door

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def copied() -> Iterator[str]:
    """Everything that is copied from the tree."""
    for stage in dockerfile():
        for instruction in stage:
            if instruction.name == "COPY" and not instruction.text.startswith("--from="):
                yield from instruction.words[:-1]


def test_what_is_copied_exists_and_is_let_through() -> None:
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in copied():
        assert (ROOT / source).exists(), source
        assert source in let_through
    assert set(let_through) == set(copied())


@pytest.mark.parametrize("path", [".env", ".git", "deploy", "tests", "wealthwatch-inbox.sqlite", ".venv"])
def test_what_is_not_copied_stays_outside(path: str) -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert not any(fnmatch(path, line[1:]) for line in lines if line.startswith("!"))


def test_every_package_is_in_the_image() -> None:
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied())


def test_dependencies_are_installed_by_hash_and_with_the_driver_of_postgresql() -> None:
    installs = [
        instruction.text
        for instruction in dockerfile()[1]
        if instruction.name == "RUN" and "pip " in instruction.text and " install " in instruction.text
    ]
    assert "--require-hashes" in installs[0]
    assert all("--no-deps" in install and "--no-build-isolation" in install for install in installs[1:])
    locked = (ROOT / "requirements/native.txt").read_text()
    assert re.search(r"^psycopg-binary==", locked, re.MULTILINE)


def test_what_is_taken_out_again_is_no_dependency_of_the_services() -> None:
    (taken_out,) = [
        found.group(1) for instruction in dockerfile()[1] if (found := re.search(r"uninstall --yes ([\w -]+)", instruction.text))
    ]
    needed = {re.split(r"[^\w.-]", dependency)[0] for dependency in PROJECT["project"]["dependencies"]}
    # the lock says after each package what it is there for
    blocks = re.findall(r"^([\w.-]+)==(?:.*\n)((?:    .*\n)+)", (ROOT / "requirements/native.txt").read_text(), re.MULTILINE)
    wanted_by = {name: set(re.findall(r"(?:# via |#   )([\w.-]+)", notes)) for name, notes in blocks}
    for name in taken_out.split():
        assert name not in needed
        assert wanted_by[name] <= {*taken_out.split(), "wealthwatch"}, name


def test_the_core_is_compiled_and_its_compiler_stays_outside() -> None:
    builds = [run.text for run in dockerfile()[1] if run.name == "RUN" and "HATCH_BUILD_HOOK_ENABLE_CUSTOM=true" in run.text]
    assert len(builds) == 1
    assert {"mypy", "setuptools"} <= set(shlex.split(builds[0].partition("uninstall")[2]))
    assert "grep --quiet compiled" in builds[0]


@pytest.mark.parametrize(("smaller", "larger"), [("run", "native"), ("native", "dev")])
def test_the_locks_agree_on_every_version(smaller: str, larger: str) -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (ROOT / f"requirements/{name}.txt").read_text(), re.MULTILINE))

    assert versions(smaller) <= versions(larger)


def test_the_image_has_no_root_and_no_tools_to_build_with() -> None:
    user = in_final("USER")[-1].text
    assert user.split(":")[0].isdigit()
    assert int(user.split(":")[0]) > 0
    assert not any(re.search(r"apt|pip|gcc", run.text) for run in in_final("RUN"))


def test_the_base_is_pinned_and_new_enough() -> None:
    (argument,) = [instruction.text for instruction in dockerfile()[0] if instruction.name == "ARG"]
    found = re.fullmatch(r"PYTHON=python:(\d+)\.(\d+)\.\d+-slim-\w+", argument)
    assert found
    needed = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["project"]["requires-python"])
    assert needed
    assert tuple(map(int, found.groups())) >= tuple(map(int, needed.groups()))
    assert all(stage[0].words[0] == "${PYTHON}" for stage in dockerfile()[1:])


def test_signals_reach_the_program() -> None:
    (entry,) = in_final("ENTRYPOINT")
    assert entry.text == '["wealthwatch"]'
    assert "wealthwatch" in PROJECT["project"]["scripts"]


def test_the_image_listens_where_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {name: value for name, value in image_environment().items() if name.startswith(PREFIX)}
    assert complaint(given, (CONFIG_VARIABLE, *variables(Settings, PREFIX))) is None
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    doors = [settings.detector.door, settings.notifier.door, settings.inbox.door]
    assert {door.host for door in doors} == {settings.inbox.host} == {"0.0.0.0"}
    (door,) = {door.port for door in doors}
    (exposed,) = in_final("EXPOSE")
    assert {int(port) for port in exposed.words} == {settings.inbox.port, door}
    assert f"http://127.0.0.1:{door}/healthz" in image_health()[-1]


@pytest.mark.parametrize(("trouble", "healthy"), [(None, True), ("the loop has stood for 80 s", False)])
def test_the_health_check_says_what_the_door_says(trouble: str | None, healthy: bool) -> None:
    with Door(Place(), alive=lambda: trouble, registry=CollectorRegistry()) as door:
        assert _is_healthy(door.port) is healthy


def test_nobody_at_the_door_is_not_healthy() -> None:
    with Door(Place(), registry=CollectorRegistry()) as door:
        port = door.port
    assert not _is_healthy(port)


def _is_healthy(port: int) -> bool:
    program, *arguments = image_health()
    assert program == "python"
    command = [sys.executable, *(argument.replace(":9100/", f":{port}/") for argument in arguments)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
