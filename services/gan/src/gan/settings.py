"""The service's settings, from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings


class Settings(ServerSettings):
    """Settings of the generator, ``GAN_*``; ``SEGUE_MODELS`` is the folder of all models."""

    model_config = SettingsConfigDict(env_prefix="GAN_", populate_by_name=True)

    port: Port = 50052
    models: Path = Field(Path("models"), validation_alias="SEGUE_MODELS")
    threads: int = Field(default=1, ge=1, le=64)
    """Pieces made at once. How rows are shared out to cores changes no note, see `gan.sampling`, nor does this."""
    queue_size: int = Field(default=16, ge=1)
