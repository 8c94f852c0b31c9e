"""Whether the tests run on the compiled core, and on one that is made of the sources beside them."""

from __future__ import annotations

import os
import tomllib
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
NATIVE = ROOT / "build/native"
ON_NATIVE = {"PYTHONPATH": os.pathsep.join(map(str, (NATIVE, ROOT))), "PYTHONSAFEPATH": "1"}
"""What a process needs to run on the compiled core; without these it runs on the sources."""
WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
PACKAGES: list[str] = WHEEL["packages"]
SOURCES = [str(path.relative_to(ROOT)) for pattern in WHEEL["hooks"]["custom"]["sources"] for path in sorted(ROOT.glob(pattern))]
"""Of the decision core."""


def place_of(source: str) -> Path:
    """The file that an import of what this source holds takes."""
    module = source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin)


def complaint(build: Path, root: Path = ROOT) -> str | None:
    """Why a compiled build does not stand for the sources; None if it does."""
    if not build.is_dir():
        return f"there is no {build.name}"
    made, there = _files(build), _files(root)
    if different := sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name)):
        return f"it is not made of these sources: {', '.join(different)}"
    return None


def _files(folder: Path) -> dict[str, bytes]:
    paths = [path for package in PACKAGES for path in (folder / package).rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in paths
        if path.suffix not in {".so", ".pyd", ".pyc"} and path.name != ".DS_Store"
    }
