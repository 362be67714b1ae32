"""Where the product listens and keeps its data."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StartSettings(BaseSettings):
    """Read once from the environment, prefix `SEGUE_`."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", frozen=True)

    port: int = Field(default=8000, ge=0, le=65535)
    """The gateway's port; 0 takes any free one."""

    port_base: int = Field(default=50051, ge=0, le=65500)
    """The first service's port, the others follow; 0 takes any free ones."""

    data: Path = Path("var")
    """Folder of everything that outlives a run, and of the logs."""

    models: Path = Path("models")
    """Folder of the trained models."""
