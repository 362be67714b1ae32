"""Settings of the service, from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings


class Settings(ServerSettings):
    """Settings ``GAN_*``; ``SEGUE_MODELS`` is the folder of all models.

    Attributes
    ----------
    threads : int
        Pieces generated at once. Changes no note.
    queue_size : int
        Requests that may wait.
    """

    model_config = SettingsConfigDict(env_prefix="GAN_", populate_by_name=True)

    port: Port = 50052
    models: Path = Field(Path("models"), validation_alias="SEGUE_MODELS")
    threads: int = Field(default=1, ge=1, le=64)
    queue_size: int = Field(default=16, ge=1)
