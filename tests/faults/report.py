"""The table at the end."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.faults.scene import Outcome

COLUMNS = ("scenario", "faults survived", "movements", "replayed", "duplicates suppressed", "longest pause, s", "loss", "took, s")


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario with one seed; `error` says why there is no outcome, `left_out` what it lacks."""

    name: str
    seed: int
    seconds: float
    outcome: Outcome | None = None
    error: str = ""
    left_out: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing was lost and nothing told twice."""
        return bool(self.left_out) or (self.outcome is not None and self.outcome.verdict.loss == 0)

    @property
    def briefly(self) -> str:
        """What it has come to, in a few words."""
        said = self.left_out or (self.outcome and f"{self.outcome.faults.total()} faults, loss {self.outcome.verdict.loss}") or "FAILED"
        return f"{said}, {self.seconds:.0f} s"

    @property
    def again(self) -> str:
        """How to run it again."""
        what, which = ("soak", "--faults") if self.name == "soak" else ("test-faults", f"--only {self.name}")
        return f"make {what} ARGS='{which} --seed {self.seed}'"


def show(console: Console, rows: list[Row]) -> None:
    """Print what was survived, and of what was not, how to see it again."""
    table = Table(*COLUMNS, title="faults under load, held against a backtest of the same feed")
    for row in rows:
        table.add_row(*_cells(row))
    done = [row.outcome for row in rows if row.outcome is not None]
    if len(rows) > 1 and done:
        table.add_section()
        table.add_row(
            "all",
            str(sum(outcome.faults.total() for outcome in done)),
            f"{sum(outcome.movements for outcome in done):,}",
            f"{sum(outcome.replayed for outcome in done):,}",
            f"{sum(outcome.suppressed for outcome in done):,}",
            f"{max(outcome.pause_s for outcome in done):.1f}",
            str(sum(outcome.verdict.loss for outcome in done)),
            f"{sum(row.seconds for row in rows):.0f}",
        )
    console.print(table)
    for row in rows:
        if not row.good:
            what = row.error or str(row.outcome and row.outcome.verdict)
            console.print(f"FAILED {row.name}: {what}\n  again: {row.again}", markup=False, highlight=False)


def _cells(row: Row) -> tuple[str, ...]:
    outcome = row.outcome
    if row.left_out:
        return (row.name, f"left out: {row.left_out}", "-", "-", "-", "-", "-", f"{row.seconds:.0f}")
    if outcome is None:
        return (row.name, "-", "-", "-", "-", "-", "FAILED", f"{row.seconds:.0f}")
    return (
        row.name,
        ", ".join(f"{count} x {kind}" for kind, count in outcome.faults.items()),
        f"{outcome.movements:,}",
        f"{outcome.replayed:,}",
        f"{outcome.suppressed:,}",
        f"{outcome.pause_s:.1f}",
        str(outcome.verdict.loss),
        f"{row.seconds:.0f}",
    )
