"""What the service can be told from outside, with the prefix `VAE_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings


class Settings(ServerSettings):
    """Settings of the VAE service."""

    model_config = SettingsConfigDict(env_prefix="VAE_", populate_by_name=True)

    port: Port = 50051
    models: Path = Field(default=Path("models"), validation_alias="SEGUE_MODELS")
    """Folder with `vae-lead/`, `vae-harmony/`, `vae-bass/` and `vae-drums/`."""
    data: Path = Field(default=Path("var"), validation_alias="SEGUE_DATA")
    """Folder of what Segue writes; converted checkpoints go to `cache/vae` in it."""
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.2
    """Sampling temperature of a request that names none; 0 takes the likeliest tokens."""
    queue_size: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Calls that may wait for the models; one more is refused."""

    @property
    def cache(self) -> Path:
        """Folder of the checkpoints made from the shipped weights."""
        return self.data / "cache" / "vae"
