"""Settings of the transposer: environment variables with the prefix ``TRANSPOSER_``."""

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
    """Number of pieces processed at the same time."""
    processes: Annotated[int, Field(ge=1, le=64)] = 2
    """Number of processes for collections. They start with the first collection and take about 70 MB each."""
    queue_size: Annotated[int, Field(ge=0, le=1000)] = 64
    """Number of pieces that may wait; a further one is refused."""
