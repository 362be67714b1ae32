"""Settings of the service, from environment variables with the prefix `VAE_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from score.roles import Role
from servicekit.settings import Port, ServerSettings

from vae.models.pretrained_spec import PretrainedSpec


class Settings(ServerSettings):
    """Settings of the VAE service."""

    model_config = SettingsConfigDict(env_prefix="VAE_", populate_by_name=True)

    port: Port = 50051
    models: Path = Field(default=Path("models"), validation_alias="SEGUE_MODELS")
    """Folder with `vae-lead/`, `vae-harmony/`, `vae-bass/`, `vae-drums/`, `vae-rhythm/` and `vae-contour/`."""
    data: Path = Field(default=Path("var"), validation_alias="SEGUE_DATA")
    """Folder of everything that Segue writes; converted checkpoints are in `cache/vae`."""
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.2
    """Sampling temperature of a request that gives none; 0 takes the likeliest tokens."""
    lead_checkpoint: Path | None = None
    """Prefix, folder or tar file of a checkpoint of Magenta's own, which then replaces the model of the lead in 4/4."""
    lead_config: str = "cat-mel_2bar_big"
    """The name of its config in Magenta."""
    bass_checkpoint: Path | None = None
    """The same for the bass."""
    bass_config: str = "cat-mel_2bar_big"
    """The same for the bass."""
    drums_checkpoint: Path | None = None
    """The same for the drums."""
    drums_config: str = "cat-drums_2bar_small"
    """The same for the drums."""
    queue_size: Annotated[int, Field(ge=0, le=10_000)] = 32
    """Calls that may wait for the models; further ones are refused."""

    @property
    def cache(self) -> Path:
        """Folder of the checkpoints built from the shipped weights."""
        return self.data / "cache" / "vae"

    @property
    def pretrained(self) -> dict[Role, PretrainedSpec]:
        """Magenta's own models that replace the shipped ones."""
        specs = {
            Role.LEAD: (self.lead_config, self.lead_checkpoint),
            Role.BASS: (self.bass_config, self.bass_checkpoint),
            Role.DRUMS: (self.drums_config, self.drums_checkpoint),
        }
        return {role: PretrainedSpec(config, path) for role, (config, path) in specs.items() if path is not None}
