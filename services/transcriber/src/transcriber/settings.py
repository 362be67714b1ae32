"""What the transcriber can be told by environment variables, prefix ``TRANSCRIBER_``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings


class Settings(ServerSettings):
    """Settings of the transcriber; ``SEGUE_MODELS`` is the folder of all models."""

    model_config = SettingsConfigDict(env_prefix="TRANSCRIBER_", populate_by_name=True)

    port: Port = 50056
    models: Path = Field(Path("models"), validation_alias="SEGUE_MODELS")
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    """Recordings transcribed at once."""
    model_threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Threads of basic-pitch's network for one recording: its windows are small, so that more gain little."""
    queue_size: Annotated[int, Field(ge=0, le=1000)] = 8
    """Recordings that may be received or wait; one more is refused."""
    max_bytes: Annotated[int, Field(ge=1024, le=2**31)] = 200 * 1024 * 1024
    """The largest file that is received."""
