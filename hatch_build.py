"""Compiles the decision core with mypyc while a wheel is built, if HATCH_BUILD_HOOK_ENABLE_CUSTOM is true; else this file is not read.

Nothing is written into the source tree: a compiled module beside a source that was edited since would win over it, silently. That is why
this is not hatch-mypyc, which also hides pyproject.toml while it compiles, and with it what mypy needs to know of pydantic.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCore(BuildHookInterface[Any]):
    """Puts the modules that pyproject.toml names into the wheel as compiled ones, beside their sources."""

    def dependencies(self) -> list[str]:
        """What an isolated build needs besides hatchling: the compiler, and what the packages import, for their types."""
        return [*self.metadata.config["dependency-groups"]["native"], *self.metadata.core.dependencies]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what is to be packed and for what platform."""
        self._folder = TemporaryDirectory()
        if self.target_name != "wheel" or version == "editable":
            return
        compiled = Path(self._folder.name, "compiled")
        sources = [path for pattern in self.config["sources"] for path in sorted(map(str, Path().glob(pattern)))]
        _compile(sources, Path(self._folder.name, "generated"), compiled)
        files = [path for path in compiled.rglob("*") if path.is_file()]
        build_data["force_include"].update({str(path): str(path.relative_to(compiled)) for path in files})
        build_data["pure_python"], build_data["infer_tag"] = False, True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's signature
        """Remove what is packed now."""
        self._folder.cleanup()


def _compile(sources: list[str], generated: Path, compiled: Path) -> None:
    from mypyc.build import mypycify
    from setuptools import Distribution

    extensions = mypycify(["--cache-dir", str(generated / "cache"), *sources], target_dir=str(generated), group_name="streams")
    build = Distribution({"name": "core", "ext_modules": extensions}).get_command_obj("build_ext")
    build.build_lib, build.build_temp = str(compiled), str(generated)
    build.ensure_finalized()
    build.run()
