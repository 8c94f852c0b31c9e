"""A read model filled by hand, pages without a broker, and a PostgreSQL where one is installed."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from handlers.inbox.app import create_app
from handlers.inbox.batch import Batch, Reader
from handlers.inbox.changes import Changes
from handlers.inbox.database import Database, put
from handlers.inbox.migration import migrate
from handlers.inbox.parts import Parts
from handlers.inbox.passwords import hashed
from handlers.inbox.publisher import NotPublished
from handlers.inbox.read_model import absorb
from handlers.inbox.tables import User
from schemas import topics
from schemas.customers import Customer
from schemas.follow_ups import FollowUp
from schemas.journal import JournalEntry
from schemas.managers import Manager
from schemas.notifications import Notification
from schemas.positions import Position
from schemas.settings import Inbox, Kafka, Settings
from schemas.topics import Topic
from tests.handlers.inbox.messages import NOON
from wealthwatch.broker import free_port

ZONE = ZoneInfo("Asia/Shanghai")
PASSWORD = "correct horse battery"
TOPIC_OF: dict[type[BaseModel], Topic] = {
    Manager: topics.MANAGERS,
    Customer: topics.CUSTOMERS,
    Position: topics.POSITIONS,
    Notification: topics.NOTIFICATIONS,
    JournalEntry: topics.JOURNAL,
    FollowUp: topics.FOLLOW_UPS,
}


@dataclass(frozen=True)
class Record:
    """What the feed sees of a record of Kafka."""

    topic: str
    value: bytes | None
    key: bytes | None = b"key"
    partition: int = 0
    offset: int = 0


def read(*messages: BaseModel | Record) -> Batch:
    """A batch of these messages, as the feed would read it."""
    kafka = Kafka()
    records = [
        one if isinstance(one, Record) else Record(kafka.topic(TOPIC_OF[type(one)]), one.model_dump_json().encode(), offset=offset)
        for offset, one in enumerate(messages)
    ]
    return Reader(kafka, ZONE).read(records)


def fill(database: Database, *messages: BaseModel) -> Changes:
    """Write the messages into the read model."""
    with database.writing() as connection:
        return absorb(connection, read(*messages), ZONE)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty read model on SQLite."""
    opened = Database(f"sqlite:///{tmp_path}/inbox.sqlite")
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, without a database name; skipped where none is installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    found = str(programs[-1].parent) if programs else os.path.dirname(shutil.which("postgres") or "")  # noqa: PTH120
    if not found:
        pytest.skip("no PostgreSQL server is installed")
    folder = Path("/tmp") / f"wealthwatch-postgresql-{uuid4().hex[:12]}"
    folder.mkdir(mode=0o700)
    somebody = {"user": _unprivileged()} if os.geteuid() == 0 else {}
    if somebody:
        shutil.chown(folder, somebody["user"])
    run = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **somebody}
    subprocess.run([f"{found}/initdb", "-D", f"{folder}/data", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"], check=True, **run)
    port = free_port()
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(folder), "-c", "fsync=off"]
    server = subprocess.Popen([f"{found}/postgres", "-D", f"{folder}/data", *options], **run)
    url = f"postgresql://tester@127.0.0.1:{port}"
    try:
        _await_server(server, f"{url}/postgres")
        yield url
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)


def _unprivileged() -> str:
    """A user that PostgreSQL agrees to run as: it refuses root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _await_server(server: subprocess.Popen[bytes], url: str) -> None:
    import time

    import psycopg

    for _ in range(600):
        assert server.poll() is None, "the PostgreSQL server ended"
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)  # the server tells nobody when it is ready
    raise AssertionError("the PostgreSQL server did not answer")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/either.sqlite"
    server = request.getfixturevalue("postgresql")
    name = f"inbox_{uuid4().hex}"
    engine = create_engine(f"{server}/postgres".replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture
def either(database_url: str) -> Iterator[Database]:
    """An empty read model, on SQLite and then on PostgreSQL."""
    opened = Database(database_url)
    migrate(opened)
    yield opened
    opened.close()


@dataclass
class Clock:
    """A clock that stands until a test moves it."""

    at: datetime = NOON + timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Published:
    """Keeps what is published, or refuses it."""

    follow_ups: list[FollowUp] = field(default_factory=list)
    refuses: bool = False

    def publish(self, follow_up: FollowUp) -> None:
        if self.refuses:
            raise NotPublished
        self.follow_ups.append(follow_up)


class Browser:
    """A client that fills forms in as a browser does."""

    def __init__(self, client: TestClient, language: str = "en") -> None:
        self.client = client
        client.cookies.set("wealthwatch_language", language)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def sign_in(self, username: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        fields = {"form_token": _field(self.get("/login").text, "form_token"), "username": username, "password": password}
        return self.client.post("/login", data={**fields, **more})

    def token(self) -> str:
        return _field(self.get("/").text, "form_token")

    def take(self, notification_id: object, step: str, **fields: str) -> httpx.Response:
        sent = {"form_token": self.token(), "follow_up_id": str(uuid4()), "back": "/", **fields}
        return self.client.post(f"/notifications/{notification_id}/{step}", data=sent)


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name} on the page"
    return found[1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def parts(database: Database, published: Published, clock: Clock) -> Parts:
    """The inbox without a broker: what it publishes is kept in a list."""
    return Parts(Settings(inbox=Inbox(logins_per_minute=5)), database, published, clock=clock)


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:
    with TestClient(create_app(parts), base_url="http://127.0.0.1", follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def browser(client: TestClient, database: Database) -> Browser:
    """A browser with logins `m1`, `m2`, `head` for the managers M1, M2, H1; nobody is signed in."""
    who = (("m1", "M1"), ("m2", "M2"), ("head", "H1"))
    with database.writing() as connection:
        put(connection, User, [{"username": name, "manager_id": id_, "password_hash": _hash(), "created_at": NOON} for name, id_ in who])
    return Browser(client)


@cache
def _hash() -> str:
    """One hash for all logins of all tests: a hash is slow on purpose."""
    return hashed(PASSWORD)


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    """A browser of manager M1."""
    assert browser.sign_in("m1").status_code == 303
    return browser
