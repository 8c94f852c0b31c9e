"""What a person can put right, said in one line."""

from __future__ import annotations

USAGE = 2
"""Exit code of a mistake in the settings or the command line."""
SURROUNDINGS = 3
"""Exit code when something the command needs is not there: a broker, a port, a file, a program."""


class Refusal(Exception):  # noqa: N818 - nothing failed, something was asked that cannot be
    """Ends the command with one line on standard error and no traceback.

    Args:
        what: what is wrong, without a full stop.
        todo: what to do next, without a full stop.
        exit_code: 2 for a mistake in what was asked, 3 for something that is missing around it.
    """

    def __init__(self, what: str, todo: str = "", exit_code: int = SURROUNDINGS) -> None:
        super().__init__(f"{what}: {todo}" if todo else what)
        self.exit_code = exit_code
