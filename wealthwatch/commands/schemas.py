"""`wealthwatch schemas`: the contract for those who build on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PANEL = "Build on it"
app = typer.Typer(help="Publish the messages' schemas.")


@app.callback()
def schemas() -> None:
    """Publish the messages' schemas."""


@app.command()
def export(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Made if it does not exist.")]) -> None:
    """Write the JSON Schema of every topic's message to DIR, one file each.

    `wealthwatch schemas export build/schemas` writes `movement.v1.json` and the others.
    """
    import json

    from schemas.export import documents

    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        path = folder / name
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        typer.echo(path)
