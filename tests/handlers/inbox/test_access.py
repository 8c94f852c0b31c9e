"""Every door has a lock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select
from starlette.testclient import TestClient

from handlers.inbox import tables
from handlers.inbox.database import Database
from handlers.inbox.gate import local_path
from handlers.inbox.parts import Parts
from handlers.inbox.sessions import Sessions
from handlers.inbox.users import add_user, create_login, remove_user, set_password
from schemas.managers import Role
from schemas.settings import Inbox
from tests.handlers.inbox.conftest import PASSWORD, Browser, Clock, Published, fill
from tests.handlers.inbox.messages import NOON, customer, manager, notification, position, telling

FORM = {"content-type": "application/x-www-form-urlencoded"}
OPEN_TO_ALL = {"/login", "/language/{language}"}
"""What may be asked for without a login."""


def every_route(client: TestClient) -> Iterator[tuple[str, str]]:
    for context in iter_route_contexts(client.app.routes):  # type: ignore[attr-defined]
        for method in sorted(getattr(context, "methods", None) or ()):
            yield method, str(context.path)


def filled(path: str, message: object) -> str:
    return path.replace("{customer_id:path}", "C1").replace("{notification_id}", str(message.notification_id))  # type: ignore[attr-defined]


def test_without_a_login_every_door_but_the_first_leads_there(client: TestClient, database: Database, published: Published) -> None:
    message = notification()
    fill(database, manager(), customer(), message, telling(message))
    walked = []
    for method, path in every_route(client):
        if path in OPEN_TO_ALL or path.startswith("/static"):
            continue
        answer = client.request(method, filled(path, message), data={"follow_up_id": str(uuid4())} if method == "POST" else None)
        expected = 401 if path == "/events" else 303
        assert answer.status_code == expected, (method, path)
        assert "陈立" not in answer.text
        if expected == 303:
            assert answer.headers["location"].startswith("/login")
        walked.append(path)
    assert {"/", "/events", "/logout", "/customers/{customer_id:path}", "/notifications/{notification_id}/acknowledge"} <= set(walked)
    assert published.follow_ups == []


def test_another_manager_finds_nothing_behind_any_door(browser: Browser, database: Database, published: Published) -> None:
    message = notification()
    fill(database, manager(), customer(), position(), message, telling(message))
    browser.sign_in("m2")
    walked = 0
    for method, path in every_route(browser.client):
        if "{customer_id" not in path and "{notification_id}" not in path:
            continue
        sent = {"form_token": browser.token(), "follow_up_id": str(uuid4()), "contact_by": "call", "outcome": "lost"}
        answer = browser.client.request(method, filled(path, message), data=sent if method == "POST" else None)
        assert answer.status_code == 404, (method, path)
        walked += 1
        assert "陈立" not in answer.text
    assert walked == 4
    page = browser.get("/?state=all").text
    assert "陈立" not in page
    assert str(message.notification_id) not in page
    assert published.follow_ups == []


def test_a_customer_that_is_not_there_looks_the_same_as_somebody_else_s(browser: Browser, database: Database) -> None:
    fill(database, customer())
    browser.sign_in("m2")
    theirs, nobodys = browser.get("/customers/C1"), browser.get("/customers/C404")
    assert theirs.status_code == nobodys.status_code == 404
    assert re.sub(r"/language/[^\"]*", "", theirs.text) == re.sub(r"/language/[^\"]*", "", nobodys.text)


def test_a_customer_without_a_manager_is_nobody_s(signed_in: Browser, database: Database) -> None:
    fill(database, customer(manager_id=None))
    assert signed_in.get("/customers/C1").status_code == 404


def test_a_customer_who_gets_another_manager_takes_the_notifications_along(browser: Browser, database: Database) -> None:
    message = notification()
    fill(database, customer(), message, telling(message))
    fill(database, customer(manager_id="M2"))
    browser.sign_in("m1")
    assert browser.get("/customers/C1").status_code == 404
    browser.client.cookies.clear()
    browser.sign_in("m2")
    assert browser.get("/customers/C1").status_code == 200
    assert str(message.notification_id) in browser.get("/").text


def test_only_what_concerns_their_customers_is_pushed_to_them(database: Database) -> None:
    from handlers.inbox.viewer import viewer, visible

    fill(database, manager("M1"), manager("M2"), customer("C1", manager_id="M1"), customer("C2", manager_id="M2"))
    with database.reading() as connection:
        assert visible(connection, viewer(connection, "m1", "M1"), {"C1", "C2", "C3"}) == {"C1"}
        many = {f"X{number}" for number in range(2000)} | {"C1", "C2"}
        assert visible(connection, viewer(connection, "m1", "M1"), many) == {"C1"}


# sessions


def test_a_wrong_password_an_unknown_name_and_no_name_get_the_same_answer(browser: Browser) -> None:
    answers = [browser.sign_in("m1", "not the password"), browser.sign_in("nobody"), browser.sign_in("")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    for answer in answers:
        assert "The username or the password is not right." in answer.text
        assert "wealthwatch" not in answer.cookies


def test_an_unknown_name_costs_as_much_hashing_as_a_wrong_password(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from handlers.inbox import passwords, users

    add_user(database, "known", "M1", PASSWORD)
    verified: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            verified.append(kept[:30])
            return real.verify(kept, password)

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert users.check(database, "known", "wrong") is None
    assert users.check(database, "unknown", "wrong") is None
    assert len(verified) == 2
    assert verified[0] == verified[1], "the same algorithm with the same cost"


def test_the_cookie_is_out_of_reach_of_scripts_and_only_its_hash_is_kept(browser: Browser, database: Database) -> None:
    answer = browser.sign_in("m1")
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie" and value.startswith("wealthwatch="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    with database.reading() as connection:
        kept = connection.execute(select(tables.Session.token_hash)).scalars().all()
        hashed = connection.execute(select(tables.User.password_hash)).scalars().all()
    assert len(kept) == 1
    assert answer.cookies["wealthwatch"] not in kept
    assert all(one.startswith("$argon2id$") for one in hashed)


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(parts: Parts, database: Database) -> None:
    from dataclasses import replace

    from handlers.inbox.app import create_app

    add_user(database, "m1", "M1", PASSWORD)
    secure = replace(parts, settings=parts.settings.model_copy(update={"inbox": Inbox(secure_cookie=True)}))
    with TestClient(create_app(secure), base_url="https://inbox.example", follow_redirects=False) as client:
        answer = Browser(client).sign_in("m1")
        assert client.get("/").status_code == 200
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie" and value.startswith("__Host-"))
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert answer.headers["strict-transport-security"]


def test_a_session_ends_when_nothing_was_done_for_an_hour(signed_in: Browser, clock: Clock) -> None:
    for _ in range(3):
        clock.forward(minutes=50)
        assert signed_in.get("/").status_code == 200
    clock.forward(minutes=61)
    assert signed_in.get("/").status_code == 303


def test_a_page_that_refreshes_itself_keeps_no_session_alive(signed_in: Browser, clock: Clock) -> None:
    for _ in range(2):
        clock.forward(minutes=40)
        answer = signed_in.client.get("/", headers={"X-Live": "1"})
    assert answer.status_code == 303


def test_a_session_ends_after_twelve_hours_however_busy_it_is(signed_in: Browser, clock: Clock) -> None:
    for _ in range(15):
        clock.forward(minutes=47)
        assert signed_in.get("/").status_code == 200
    clock.forward(minutes=20)
    assert signed_in.get("/").status_code == 303


def test_signing_out_ends_the_session_also_for_who_kept_the_cookie(signed_in: Browser) -> None:
    kept = signed_in.client.cookies["wealthwatch"]
    assert signed_in.client.post("/logout", data={"form_token": signed_in.token()}).headers["location"] == "/login"
    signed_in.client.cookies.set("wealthwatch", kept)
    assert signed_in.get("/").status_code == 303


def test_a_new_password_ends_what_was_open(signed_in: Browser, database: Database) -> None:
    set_password(database, "m1", "another password")
    assert signed_in.get("/").status_code == 303
    assert signed_in.sign_in("m1").status_code == 401
    assert signed_in.sign_in("m1", "another password").status_code == 303


def test_a_removed_user_is_out_at_once(either: Database) -> None:
    add_user(either, "m1", "M1", PASSWORD)
    sessions = Sessions(either, Inbox())
    token = sessions.begin("m1", NOON)
    assert sessions.manager_of(token, NOON) == ("m1", "M1")
    remove_user(either, "m1")
    assert sessions.manager_of(token, NOON) is None
    with either.reading() as connection:
        assert connection.execute(select(tables.Session.token_hash)).all() == []


def test_a_login_can_be_made_with_a_password_that_nobody_chose(browser: Browser, database: Database) -> None:
    password = create_login(database, "M3", "demo")
    assert len(password) >= 12
    assert browser.sign_in("demo", password).status_code == 303
    assert create_login(database, "M3", "demo") != password


# forms


def test_a_form_without_this_session_s_token_does_nothing(signed_in: Browser, database: Database, published: Published) -> None:
    message = notification()
    fill(database, customer(), message, telling(message))
    for token in ("", "wrong", "é"):
        answer = signed_in.take(message.notification_id, "acknowledge", form_token=token)
        assert answer.status_code == 403
    assert signed_in.client.post("/logout").status_code == 403
    assert published.follow_ups == []
    assert signed_in.get("/").status_code == 200


def test_the_token_of_another_session_is_no_use(browser: Browser, database: Database) -> None:
    browser.sign_in("m2")
    other = browser.token()
    browser.client.cookies.clear()
    browser.sign_in("m1")
    assert browser.client.post("/logout", data={"form_token": other}).status_code == 403


def test_nobody_can_log_a_browser_in_from_elsewhere(browser: Browser) -> None:
    answer = browser.client.post("/login", data={"username": "m1", "password": PASSWORD})
    assert answer.status_code == 403
    assert "wealthwatch" not in answer.cookies


def test_too_many_tries_for_one_user_from_one_address_are_refused_even_with_the_password(browser: Browser) -> None:
    assert [browser.sign_in("m1", "wrong").status_code for _ in range(5)] == [401] * 5
    assert browser.sign_in("M1").status_code == 429, "another spelling is the same user"
    assert browser.sign_in("m1").status_code == 429
    assert browser.sign_in("m2").status_code == 303, "another user may still try"


def test_too_many_tries_from_one_address_for_ever_new_names_are_refused() -> None:
    from handlers.inbox.login_limit import LoginLimit

    limit = LoginLimit(per_minute=2)
    assert [limit.allows(f"user{number}", "10.0.0.1") for number in range(21)] == [True] * 20 + [False]
    assert limit.allows("user0", "10.0.0.2")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/evil", ""])
def test_nobody_is_sent_away_from_here(browser: Browser, target: str) -> None:
    assert local_path(target) == "/"
    assert browser.sign_in("m1", next=target).headers["location"] == "/"
    assert browser.client.get("/language/en", params={"back": target}).headers["location"] == "/"


def test_after_the_login_one_is_where_one_wanted_to_be(browser: Browser, database: Database) -> None:
    fill(database, customer())
    asked = browser.get("/customers/C1?n=x").headers["location"]
    assert asked == "/login?next=%2Fcustomers%2FC1%3Fn%3Dx"
    assert 'name="next" value="/customers/C1?n=x"' in browser.get(asked).text
    assert browser.sign_in("m1", next="/customers/C1?n=x").headers["location"] == "/customers/C1?n=x"


def test_a_large_body_is_refused_unread(signed_in: Browser) -> None:
    assert signed_in.client.post("/logout", content=b"x" * 70_000).status_code == 413
    assert signed_in.client.post("/logout", content=iter([b"x" * 40_000, b"x" * 40_000]), headers=FORM).status_code == 413
    assert signed_in.client.post("/logout", headers={"content-length": "many"}, content=b"x").status_code == 413


# headers and heads


@pytest.mark.parametrize("path", ["/login", "/", "/customers/C1", "/nowhere", "/static/inbox.css", "/static/nothing"])
def test_every_answer_carries_the_headers_that_keep_a_page_to_itself(signed_in: Browser, database: Database, path: str) -> None:
    fill(database, customer())
    answer = signed_in.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == ("public, max-age=31536000, immutable" if path == "/static/inbox.css" else "no-store")


def test_no_page_has_a_script_or_a_style_of_its_own(signed_in: Browser, database: Database) -> None:
    message = notification()
    fill(database, customer(), position(closes={"2026-02-01": "1.0000"}), message, telling(message))
    for path in ("/login", "/", "/customers/C1", "/nowhere"):
        page = signed_in.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert re.findall(r"<script(?![^>]*\ssrc=)", page) == [], path
        assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', page)) == set(), path


def test_a_head_sees_the_customers_of_who_reports_to_them_or_works_below_their_branch(either: Database) -> None:
    from handlers.inbox.viewer import viewer, visible

    fill(
        either,
        manager("H1", role=Role.HEAD, branch="SH/PD"),
        manager("H2", role=Role.HEAD, branch="SH/PD", supervisor_id="H0"),
        manager("reports", branch="elsewhere", supervisor_id="H1"),
        manager("reports-to-that", branch="elsewhere", supervisor_id="reports"),
        manager("below", branch="SH/PD/1"),
        manager("same-branch", branch="SH/PD"),
        manager("neighbour", branch="SH/PDX/1"),
        manager("other-case", branch="sh/pd/1"),
        manager("circle", branch="", supervisor_id="circle"),
        *(customer(f"C-{one}", manager_id=one) for one in ("H1", "H2", "reports", "reports-to-that", "below", "same-branch")),
        *(customer(f"C-{one}", manager_id=one) for one in ("neighbour", "other-case", "circle", "unknown")),
    )
    everyone = {
        f"C-{one}" for one in ("H1", "H2", "reports", "reports-to-that", "below", "same-branch", "neighbour", "other-case", "circle")
    }
    with either.reading() as connection:
        seen = visible(connection, viewer(connection, "h", "H1"), everyone)
        plain = visible(connection, viewer(connection, "m", "reports"), everyone)
    assert seen == {"C-H1", "C-reports", "C-reports-to-that", "C-below", "C-same-branch"}
    assert plain == {"C-reports"}, "only a head sees further"


def test_a_head_without_a_branch_is_not_head_of_all(either: Database) -> None:
    from handlers.inbox.viewer import viewer, visible

    fill(
        either,
        manager("H1", role=Role.HEAD, branch=""),
        manager("M1", branch=""),
        manager("M2", branch="/x"),
        customer(),
        customer("C2", manager_id="M2"),
    )
    with either.reading() as connection:
        assert visible(connection, viewer(connection, "h", "H1"), {"C1", "C2"}) == set()


def test_there_is_no_documentation_of_the_interface_and_no_route_that_is_not_known(client: TestClient) -> None:
    assert {path for _, path in every_route(client)} == {
        "/login",
        "/logout",
        "/language/{language}",
        "/",
        "/customers/{customer_id:path}",
        "/notifications/{notification_id}/acknowledge",
        "/notifications/{notification_id}/contact",
        "/notifications/{notification_id}/outcome",
        "/events",
    }
