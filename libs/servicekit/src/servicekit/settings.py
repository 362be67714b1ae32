"""Settings of a service, read once from the environment in its ``__main__``.

A service subclasses `ServerSettings` with its prefix and its port::

    class Settings(ServerSettings):
        model_config = SettingsConfigDict(env_prefix="RENDERER_")
        port: Port = 50054
        soundfont: Path = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
"""

from __future__ import annotations

import os
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port; 0 lets the system choose a free one."""

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class StrictSettings(BaseSettings):
    """Frozen settings that refuse unknown variables with their prefix.

    Attributes
    ----------
    foreign_variables : frozenset of str
        Variables with the same prefix that other programs read; they are ignored.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    foreign_variables: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        """Refuse unknown variables, e.g. misspelled ones; pydantic-settings only looks up known names."""
        prefix = cls.model_config.get("env_prefix", "").upper()
        known = {_variable(prefix, name, field) for name, field in cls.model_fields.items()}
        present = {name for name in os.environ if name.startswith(prefix)}
        unknown = sorted(present - known - cls.foreign_variables)
        if prefix and unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        return values


class ServerSettings(StrictSettings):
    """Settings that every service has.

    Examples
    --------
    >>> settings = ServerSettings(port=50054)
    >>> settings.host, settings.port, settings.metrics_port
    ('127.0.0.1', 50054, 0)
    """

    host: str = "127.0.0.1"
    """Address to listen on. Only the gateway should be reachable from outside."""
    port: Port = 0
    """Port of gRPC."""
    metrics_port: Port = 0
    """Port of the Prometheus metrics over HTTP; 0 for no metrics."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Lines below this level are not written."""
    grace_s: Annotated[float, Field(ge=0.0, le=600.0)] = 10.0
    """Seconds that calls in progress have to finish when the service stops."""


def read_settings(kind: type[SettingsT]) -> SettingsT:
    """Return the settings from the environment.

    Raises
    ------
    SystemExit
        If values are refused, with one line for each that names the variable and the reason.
    """
    try:
        return kind()
    except ValidationError as refused:
        prefix = str(kind.model_config.get("env_prefix", "")).upper()
        lines = [_line(prefix, error["loc"], error["msg"]) for error in refused.errors()]
        raise SystemExit("\n".join(lines)) from None


def _variable(prefix: str, name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias.upper() if isinstance(alias, str) else prefix + name.upper()


def _line(prefix: str, place: tuple[int | str, ...], message: str) -> str:
    name = prefix + "_".join(str(part).upper() for part in place)
    return f"settings: {name if place else prefix + '*'}: {message}"
