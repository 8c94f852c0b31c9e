"""`wealthwatch inbox`: the customer managers' web page, and who may log in to it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from handlers.inbox.database import Database

PANEL = "Run it"
app = typer.Typer(help="Serve the customer managers' inbox, and say who may log in.")
logins = typer.Typer(help="Add, list and remove logins.", no_args_is_help=True)
app.add_typer(logins, name="users")

Username = Annotated[str, typer.Option("--username", "-u", help="Name to log in with.")]


@app.command()
def serve(context: typer.Context) -> None:
    """Serve the inbox until Ctrl-C.

    Its address and database are settings: `inbox.host`, `inbox.port`, `inbox.database_url`. The database is migrated at start.

        $ WEALTHWATCH_INBOX__PORT=8081 wealthwatch inbox serve
    """
    from handlers.inbox.service import Inbox
    from wealthwatch.build import announce
    from wealthwatch.configuration import settings_of
    from wealthwatch.door import Door
    from wealthwatch.logs import start_logging

    settings = settings_of(context)
    start_logging(settings.log)
    with Inbox(settings) as inbox, Door(settings.inbox.door, inbox.alive, inbox.ready, inbox.registry):
        announce("inbox", inbox.registry)
        inbox.serve()


@logins.command("add")
def add(
    context: typer.Context,
    username: Username,
    manager: Annotated[str, typer.Option("--manager", "-m", help="manager_id of the customer manager who logs in.")],
) -> None:
    """Let a customer manager log in; the password is asked for, or read from standard input.

    $ wealthwatch inbox users add --manager M001 --username wang
    """
    from handlers.inbox.users import add_user

    with _database(context) as database:
        add_user(database, username, manager, _password())
    typer.echo(f"{username} can log in as {manager}.")


@logins.command("list")
def list_logins(context: typer.Context) -> None:
    """List who may log in: username, manager, since when."""
    from handlers.inbox.users import users

    with _database(context) as database:
        for login in users(database):
            typer.echo(f"{login.username}\t{login.manager_id}\t{login.created_at:%Y-%m-%d}")


@logins.command("remove")
def remove(context: typer.Context, username: Username) -> None:
    """Let somebody log in no more; what they have open ends at once."""
    from handlers.inbox.users import remove_user

    with _database(context) as database:
        remove_user(database, username)
    typer.echo(f"{username} cannot log in any more.")


@logins.command("password")
def password(context: typer.Context, username: Username) -> None:
    """Set another password, asked for or read from standard input; what they have open ends at once."""
    from handlers.inbox.users import set_password

    with _database(context) as database:
        set_password(database, username, _password())
    typer.echo(f"{username} has a new password.")


@contextmanager
def _database(context: typer.Context) -> Iterator[Database]:
    from handlers.inbox.database import Database
    from handlers.inbox.migration import migrate
    from handlers.inbox.users import UserError
    from wealthwatch.configuration import settings_of
    from wealthwatch.refusal import USAGE, Refusal

    database = Database(settings_of(context).inbox.database_url)
    try:
        migrate(database)
        yield database
    except UserError as error:
        raise Refusal(str(error), exit_code=USAGE) from None
    finally:
        database.close()


def _password() -> str:
    """Ask twice at a terminal; else take the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
