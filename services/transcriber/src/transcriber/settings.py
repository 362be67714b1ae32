"""Settings of the transcriber: environment variables with the prefix ``TRANSCRIBER_``."""

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
    """Number of recordings transcribed at the same time."""
    model_threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Threads of basic-pitch's network for one recording; its windows are small, so that more threads gain little."""
    queue_size: Annotated[int, Field(ge=0, le=1000)] = 8
    """Number of recordings that may be uploading or waiting; a further one is refused."""
    max_bytes: Annotated[int, Field(ge=1024, le=2**31)] = 200 * 1024 * 1024
    """Size of the largest file."""
