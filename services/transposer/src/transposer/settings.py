"""What the transposer can be told by environment variables, prefix ``TRANSPOSER_``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict
from servicekit.settings import Port, ServerSettings


class Settings(ServerSettings):
    """Settings of the transposer."""

    model_config = SettingsConfigDict(env_prefix="TRANSPOSER_")

    port: Port = 50053
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    """Pieces worked on at once."""
    processes: Annotated[int, Field(ge=1, le=64)] = 2
    """Processes that share out collections; they start with the first one and take about 70 MB each."""
    queue_size: Annotated[int, Field(ge=0, le=1000)] = 64
    """Pieces that may wait; one more is refused."""
