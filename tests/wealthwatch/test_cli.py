"""The command line, run as people run it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from wealthwatch.broker import free_port
from wealthwatch.commands import names


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wealthwatch", *arguments]
    environment = {**os.environ, **variables, "COLUMNS": "120", "TERM": "dumb"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE_S)


def refused(done: subprocess.CompletedProcess[str], code: int) -> str:
    """The one line of a refusal."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("wealthwatch: ")
    return done.stderr


def test_help_lists_every_command_and_where_to_begin() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in names())
    assert "Start with" in done.stdout


@pytest.mark.parametrize("name", names())
def test_every_command_explains_itself(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"wealthwatch {name}" in done.stdout


def test_help_needs_none_of_the_heavy_libraries() -> None:
    heavy = {"faust", "kafka", "aiokafka", "fastapi", "sqlalchemy", "pydantic"}
    script = f"""
import sys
from wealthwatch.cli import main
sys.argv = ["wealthwatch", "--help"]
try:
    main()
except SystemExit:
    print({heavy} & set(sys.modules), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert done.stderr.strip() == "set()"


def test_a_misspelt_command_is_answered_with_what_was_meant() -> None:
    done = run("topcs")
    assert done.returncode == 2
    assert "Did you mean 'topics'?" in done.stderr


def test_a_settings_file_that_is_not_there_is_named() -> None:
    assert "no settings file at /nowhere.toml" in refused(run("--config", "/nowhere.toml", "topics", "list"), 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[kafka]\nbootstrap_server = 'x:1'", "setting kafka.bootstrap_server: there is no such key, only bootstrap_servers, "),
        ("[kafka]\npartitions = 0", "setting kafka.partitions: input should be greater than or equal to 1"),
        ("[kafka\n", "is not TOML"),
    ],
)
def test_a_wrong_settings_file_is_refused_with_what_to_write(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    assert said in refused(run("--config", str(file), "topics", "list"), 2)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[kafka]\ntopic_prefix = 'file.'\npartitions = 3\n")
    listed = run("--config", str(file), "topics", "list", WEALTHWATCH_KAFKA__TOPIC_PREFIX="variable.").stdout
    movements = next(line for line in listed.splitlines() if line.startswith("variable.movements"))
    assert movements.split()[2] == "3"


def test_a_misspelt_variable_is_refused_with_what_was_meant() -> None:
    line = refused(run("topics", "list", WEALTHWATCH_KAFKA__BOOTSTRAP_SERVER="x"), 2)
    assert "did you mean WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS?" in line


def test_a_broker_that_does_not_answer_is_one_line() -> None:
    nobody = f"127.0.0.1:{free_port()}"
    line = refused(run("topics", "check", WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS=nobody), 3)
    assert nobody in line
    assert "WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS" in line


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused(run("schemas", "export", str(tmp_path / "file")), 3)


def test_topics_are_created_and_checked_from_the_command_line(bootstrap: str) -> None:
    place = {"WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS": bootstrap, "WEALTHWATCH_KAFKA__TOPIC_PREFIX": f"cli{free_port()}."}
    missing = run("topics", "check", **place)
    assert missing.returncode == 3
    assert "run `wealthwatch topics create`" in missing.stderr
    assert "created" in run("topics", "create", **place).stdout
    assert run("topics", "check", **place).returncode == 0


def test_schemas_are_written_one_file_a_message(tmp_path: Path) -> None:
    done = run("schemas", "export", str(tmp_path / "new"))
    assert done.returncode == 0
    assert (tmp_path / "new" / "movement.v1.json").is_file()


def test_an_interrupt_ends_with_130_and_no_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        variables = {**os.environ, "WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{silent.getsockname()[1]}"}
        command = [sys.executable, "-m", "wealthwatch", "topics", "check"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
            silent.accept()
            process.send_signal(2)
            _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Traceback" not in said
