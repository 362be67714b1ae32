"""Generates the stubs whenever the package is built or installed, editable or not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class StubsHook(BuildHookInterface[Any]):
    """Runs `generate` before the files of the wheel are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the interface names them
        """Write the stubs; ``version`` is "standard" or "editable", and makes no difference."""
        sys.path.insert(0, self.root)
        try:
            from generate import generate  # type: ignore[import-not-found]  # found by the line above
        finally:
            sys.path.remove(self.root)
        generate(Path(self.root) / "gen")
