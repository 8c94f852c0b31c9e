"""The environment variables there are, worked out from the settings, so that a misspelt one stops the start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from pydantic import BaseModel

DELIMITER = "__"


def variables(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """Every variable that sets something in the model; one that ends in a delimiter stands for all that begin with it."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name}".upper()
        yield variable
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from variables(field.annotation, variable + DELIMITER)
        elif getattr(field.annotation, "__origin__", None) is dict:
            yield variable + DELIMITER


def _in(section: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(section) and name != section]


def complaint(given: Iterable[str], known: Iterable[str]) -> str | None:
    """Name the first variable that sets nothing, and what exists; None when all are known. Case does not matter."""
    names = sorted(known)
    open_ended = tuple(name for name in names if name.endswith(DELIMITER))
    for variable in sorted(given):
        if variable.upper() not in names and not variable.upper().startswith(open_ended):
            near = get_close_matches(variable.upper(), names, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            section = near[0].rpartition(DELIMITER)[0] + DELIMITER if near and DELIMITER in near[0] else ""
            return f"no setting has the environment variable {variable}: {meant}There is: {', '.join(_in(section, names))}"
    return None
