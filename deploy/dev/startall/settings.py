"""Settings of the supervisor, prefix ``SEGUE_``: where the product listens and keeps its data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SUPERVISOR_VARIABLES = frozenset({"SEGUE_PORT_BASE"})
"""Variables that only the supervisor reads. The gateway shares its prefix and refuses those that it does not know."""


class StartSettings(BaseSettings):
    """Settings of the supervisor, read once from the environment."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True)

    port: int = Field(default=8000, ge=0, le=65535)
    """The gateway's port; 0 takes any free one."""

    port_base: int = Field(default=50051, ge=0, le=65500)
    """The first service's port, the others follow; 0 takes any free ones."""

    data: Path = Path("var")
    """Folder of everything that outlives a run, and of the logs."""

    models: Path = Path("models")
    """Folder of the trained models."""


def inherited_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that the product's processes inherit from the supervisor's environment."""
    return {name: value for name, value in environment.items() if name not in SUPERVISOR_VARIABLES}
