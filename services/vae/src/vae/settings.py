"""What the service can be told from outside, with the prefix `VAE_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from score.roles import Role
from servicekit.settings import Port, ServerSettings

from vae.models.checkpoint import Published


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
    lead_checkpoint: Path | None = None
    """Prefix, folder or tar file of a checkpoint of Magenta's own, which then plays the lead in 4/4."""
    lead_config: str = "cat-mel_2bar_big"
    """The name of its config in Magenta."""
    bass_checkpoint: Path | None = None
    """Likewise for the bass."""
    bass_config: str = "cat-mel_2bar_big"
    """Likewise for the bass."""
    drums_checkpoint: Path | None = None
    """Likewise for the drums."""
    drums_config: str = "cat-drums_2bar_small"
    """Likewise for the drums."""
    queue_size: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Calls that may wait for the models; one more is refused."""

    @property
    def cache(self) -> Path:
        """Folder of the checkpoints made from the shipped weights."""
        return self.data / "cache" / "vae"

    @property
    def published(self) -> dict[Role, Published]:
        """The models of Magenta's own that play roles in place of the shipped ones."""
        named = {
            Role.LEAD: (self.lead_config, self.lead_checkpoint),
            Role.BASS: (self.bass_config, self.bass_checkpoint),
            Role.DRUMS: (self.drums_config, self.drums_checkpoint),
        }
        return {role: Published(config, path) for role, (config, path) in named.items() if path is not None}
