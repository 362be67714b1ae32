"""Field types of requests, and the base class of their models."""

from __future__ import annotations

from typing import Annotated, Any

from contract import keys
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from servicekit.faults import Fault, UnknownKey

from gateway.domain.job_settings import AttributeName
from gateway.domain.json_codec import JsonObject
from gateway.ids import SEED_LIMIT

Weight = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Signed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Tempo = Annotated[float, Field(ge=20, le=400, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=SEED_LIMIT)]
FileId = Annotated[str, Field(min_length=1, max_length=64)]
StyleId = Annotated[str, Field(min_length=1, max_length=64)]
Meter = Annotated[str, Field(pattern=r"^[0-9]{1,2}/[0-9]{1,2}$")]
KeyName = Annotated[str, Field(max_length=40), AfterValidator(lambda text: _normalize_key_name(text))]
TrackNumber = Annotated[str, Field(pattern=r"^[0-9]{1,5}$")]
CurvePoint = Annotated[list[Weight], Field(min_length=2, max_length=2)]
Temperature = Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)]
Sliders = Annotated[dict[AttributeName, Signed], Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
"""A name for people. `gateway.accounts.passwords.clean_name` checks its characters."""
Password = Annotated[
    SecretStr, Field(min_length=1, max_length=1024), AfterValidator(lambda password: _check_text(password))
]
SampleRate = Annotated[int, AfterValidator(lambda rate_hz: _check_sample_rate(rate_hz))]


class FaultValueError(ValueError):
    """A validation error that carries a fault with a reason of its own."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class RequestModel(BaseModel):
    """A request body. Unknown fields are refused, and strings are not converted to numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_null_characters(cls, data: Any) -> Any:
        for name, value in data.items() if isinstance(data, dict) else ():
            if _has_null_character([name, value]):
                raise ValueError(f"`{name}` contains a null character.".replace("\0", "?"))
        return data

    def to_json(self) -> JsonObject:
        """Return the fields that the client sent, and defaults, as JSON; absent fields are left out."""
        return self.model_dump(mode="json", exclude_none=True)


def _check_text(password: SecretStr) -> SecretStr:
    try:
        password.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("It contains half of a character.") from None
    return password


def _has_null_character(value: Any) -> bool:
    """Return whether a text in JSON has the one character that PostgreSQL does not store."""
    if isinstance(value, dict):
        return any(_has_null_character(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(_has_null_character(each) for each in value)
    return isinstance(value, str) and "\0" in value


def _check_sample_rate(rate_hz: int) -> int:
    if rate_hz not in {22050, 44100, 48000}:
        raise ValueError("It must be 22050, 44100 or 48000.")
    return rate_hz


def _normalize_key_name(text: str) -> str:
    """Return the usual spelling of a key."""
    try:
        return keys.key_name(keys.parse_key_name(text))
    except UnknownKey as fault:
        raise FaultValueError(fault) from fault
