"""Settings of the renderer, read from environment variables with the prefix ``RENDERER_``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings


class Settings(ServerSettings):
    """Settings of the renderer."""

    model_config = SettingsConfigDict(env_prefix="RENDERER_")

    port: Port = 50054
    soundfonts: Path = Path("/usr/share/sounds/sf2")
    """Folder of the SoundFonts, ``<name>.sf2``."""
    soundfont: str = "FluidR3_GM"
    """The SoundFont of requests that name none. This one is MIT-licensed; it is never replaced by another silently."""
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    """Pieces rendered at once."""
    queue_size: Annotated[int, Field(ge=0, le=1000)] = 32
    """Pieces that may wait; one more is refused."""
