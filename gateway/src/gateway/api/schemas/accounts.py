"""Bodies of the routes of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from gateway.api.schemas.fields import Name, Password, RequestModel
from gateway.api.schemas.responses import ResponseModel


class NewAccount(RequestModel):
    """A new account. Without any field it is anonymous: known by its cookie alone."""

    name: Name | None = Field(None, description="What the person will log in with; other accounts' names are taken.")
    password: Password | None = Field(
        None, description="At least 10 characters, and none of the most common passwords. Needed with a name."
    )

    @model_validator(mode="after")
    def _check_both(self) -> Self:
        if (self.name is None) != (self.password is None):
            raise ValueError("An account has a name and a password, or neither.")
        return self


class Passkey(ResponseModel):
    """A passkey of an account."""

    passkey_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Identity(ResponseModel):
    """An account with a provider of OpenID Connect, by which one can log in."""

    issuer: str
    name: str = Field(description="What the provider calls the person.")


class Account(ResponseModel):
    """An account."""

    account_id: str
    name: str | None = Field(description="Null for an account without a name.")
    kind: Literal["anonymous", "lasting"] = Field(
        description="An anonymous account is known by its cookie alone. What a lasting one owns does not expire."
    )
    created_at: datetime
    has_password: bool
    passkeys: list[Passkey]
    identities: list[Identity]


class Usage(ResponseModel):
    """What the files of the account amount to."""

    bytes: int
    files: int


class Limits(ResponseModel):
    """How much the account may have; 0 for no limit."""

    bytes: int
    jobs_per_hour: int


class OpenIdProvider(ResponseModel):
    """A provider of OpenID Connect."""

    name: str = Field(description="Its name in addresses.")
    label: str = Field(description="Its name for people.")


class SignInMethods(ResponseModel):
    """By what one can log in here."""

    password: bool
    passkey: bool
    openid: list[OpenIdProvider]


class Me(ResponseModel):
    """Who makes this call, what it has and may have."""

    account: Account | None = Field(description="Null without a session or a token.")
    session_id: str | None
    usage: Usage
    limits: Limits
    sign_in: SignInMethods
