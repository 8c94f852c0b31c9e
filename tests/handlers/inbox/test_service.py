"""The commands: serve the inbox, say who may log in."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from handlers.inbox.database import Database
from handlers.inbox.migration import migrate
from handlers.inbox.users import add_user
from schemas.settings import Door, Inbox, Settings
from tests.brokers.records import produce
from tests.handlers.inbox.conftest import PASSWORD, TOPIC_OF
from tests.handlers.inbox.messages import customer, manager, notification, telling
from tests.patience import PATIENCE_S
from wealthwatch.broker import free_port
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child


def with_ports(settings: Settings) -> Settings:
    inbox = settings.inbox.model_copy(update={"port": free_port(), "door": Door(port=free_port())})
    return settings.model_copy(update={"inbox": inbox})


@contextmanager
def serving(settings: Settings, folder: Path) -> Iterator[Child]:
    child = Child("the inbox", [sys.executable, "-m", "wealthwatch", "inbox", "serve"], folder / "inbox.log", environment_of(settings))
    try:
        yield child
    finally:
        child.stop()


def await_answer(child: Child, settings: Settings, path: str, status: int) -> httpx.Response:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert child.exit_code is None, child.last_words()
        assert time.monotonic() < deadline, child.last_words()
        try:
            answer = httpx.get(f"http://127.0.0.1:{settings.inbox.door.port}{path}")
            if answer.status_code == status:
                return answer
        except httpx.TransportError:
            pass
        time.sleep(0.05)  # the door is the only one who says when


def test_the_inbox_serves_what_kafka_says_and_ends_when_asked(settings: Settings, tmp_path: Path) -> None:
    settings = with_ports(settings)
    message = notification()
    for one in (manager(), customer(name="秘密客户"), message, telling(message)):
        produce(settings, TOPIC_OF[type(one)], [("C1", one.model_dump_json().encode())])
    database = Database(settings.inbox.database_url)
    migrate(database)
    add_user(database, "m1", "M1", PASSWORD)
    database.close()
    with serving(settings, tmp_path) as child:
        await_answer(child, settings, "/readyz", 200)
        address, door = f"http://127.0.0.1:{settings.inbox.port}", f"http://127.0.0.1:{settings.inbox.door.port}"
        with httpx.Client(base_url=address, follow_redirects=True) as client:
            found = re.search(r'name="form_token" value="([^"]*)"', client.get("/login").text)
            assert found
            page = client.post("/login", data={"username": "m1", "password": PASSWORD, "form_token": found[1]})
            assert "秘密客户" in page.text
            assert "server" not in page.headers
            with client.stream("GET", "/events") as stream:
                lines = stream.iter_lines()
                assert next(lines) == "event: hello"
                metrics = httpx.get(f"{door}/metrics").text
        assert 'wealthwatch_inbox_records_total{topic="customers"} 1.0' in metrics
        assert 'wealthwatch_inbox_requests_total{method="GET",route="/",status="200"} 1.0' in metrics
        assert "wealthwatch_inbox_live_connections 1.0" in metrics
        assert "wealthwatch_build_info{" in metrics
        assert httpx.get(f"{door}/healthz").status_code == 200
        child.stop()
        assert child.exit_code == 0
    assert "秘密客户" not in (tmp_path / "inbox.log").read_text()


def test_the_inbox_is_alive_but_not_ready_while_there_is_no_broker(tmp_path: Path) -> None:
    settings = with_ports(Settings(inbox=Inbox(database_url=f"sqlite:///{tmp_path}/i.sqlite")))
    settings = settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"bootstrap_servers": f"127.0.0.1:{free_port()}"})})
    with serving(settings, tmp_path) as child:
        await_answer(child, settings, "/healthz", 200)
        answer = await_answer(child, settings, "/readyz", 503)
        assert answer.text == "the feed has not caught up\n"


# who may log in


def command(tmp_path: Path, *arguments: str, says: str = "") -> subprocess.CompletedProcess[str]:
    settings = Settings(inbox=Inbox(database_url=f"sqlite:///{tmp_path}/users.sqlite"))
    return subprocess.run(
        [sys.executable, "-m", "wealthwatch", "inbox", "users", *arguments],
        input=says,
        capture_output=True,
        text=True,
        env=environment_of(settings),
        timeout=PATIENCE_S,
        check=False,
    )


def test_logins_are_added_listed_changed_and_removed(tmp_path: Path) -> None:
    assert command(tmp_path, "add", "--manager", "M1", "--username", "wang", says=f"{PASSWORD}\n").returncode == 0
    assert re.fullmatch(r"wang\tM1\t\d{4}-\d\d-\d\d\n", command(tmp_path, "list").stdout)
    assert command(tmp_path, "password", "--username", "wang", says="another password\n").returncode == 0
    assert command(tmp_path, "remove", "--username", "wang").returncode == 0
    assert command(tmp_path, "list").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "says", "complaint"),
    [
        (("add", "--manager", "M1", "--username", "wang"), "short\n", "a password has 10 to 256 characters"),
        (("add", "--manager", "M1", "--username", "wang"), "", "a password has 10 to 256 characters"),
        (("add", "--manager", "M1", "--username", " "), f"{PASSWORD}\n", "a username has 1 to 128 characters"),
        (("remove", "--username", "nobody"), "", "there is no user nobody"),
        (("password", "--username", "nobody"), f"{PASSWORD}\n", "there is no user nobody"),
        (("add", "--manager", "M1", "--username", "wang", "--password", "x"), "", "No such option"),
    ],
)
def test_what_cannot_be_is_one_line_and_never_a_traceback(tmp_path: Path, arguments: tuple[str, ...], says: str, complaint: str) -> None:
    ended = command(tmp_path, *arguments, says=says)
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    command(tmp_path, "add", "--manager", "M1", "--username", "wang", says=f"{PASSWORD}\n")
    ended = command(tmp_path, "add", "--manager", "M2", "--username", "wang", says=f"{PASSWORD}\n")
    assert (ended.returncode, ended.stderr) == (2, "wealthwatch: there is already a user wang\n")


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(inbox=Inbox(port=port, door=Door(), database_url=f"sqlite:///{tmp_path}/i.sqlite"))
        serve = [sys.executable, "-m", "wealthwatch", "inbox", "serve"]
        ended = subprocess.run(serve, capture_output=True, text=True, env=environment_of(settings), timeout=PATIENCE_S, check=False)
    assert ended.returncode == 3
    assert "the port is in use" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
