"""Bodies of the routes of credentials: sessions, passwords, passkeys and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.schemas.fields import Name, Password, RequestModel
from gateway.api.schemas.responses import ResponseModel

ScopeName = Literal["read", "write", "account"]


class LogIn(RequestModel):
    """A name and a password."""

    name: Name
    password: Password


class PasswordChange(RequestModel):
    """A new password. An account without a name, made by a passkey or OpenID Connect, needs a name as well."""

    old: Password | None = Field(None, description="The password until now; null for an account without one.")
    new: Password = Field(description="At least 10 characters, and none of the most common passwords.")
    name: Name | None = Field(None, description="The name of an account that has none yet.")


class NewPasskey(RequestModel):
    """A passkey that a browser has created."""

    credential: dict[str, Any] = Field(description="`PublicKeyCredential` of a registration, as JSON (WebAuthn 3).")
    name: Name | None = Field(None, description="What a person calls it; by default, the browser and its system.")


class PasskeyLogIn(RequestModel):
    """A passkey that a browser has used."""

    credential: dict[str, Any] = Field(description="`PublicKeyCredential` of an authentication, as JSON (WebAuthn 3).")


class PasskeyOptions(ResponseModel):
    """What a browser is to be asked for."""

    options: dict[str, Any] = Field(description="`publicKey` of `navigator.credentials`, as JSON (WebAuthn 3).")


class NewToken(RequestModel):
    """A token for scripts."""

    name: Name = Field(description="What a person calls it.")
    scopes: list[ScopeName] = Field(
        min_length=1,
        max_length=3,
        description="`read` for reading, `write` for what makes or changes, `account` for the account itself.",
    )
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(90, description="Days until it expires; null for never.")


class Confirmation(RequestModel):
    """The confirmation of a call that cannot be undone."""

    confirm: Literal[True]


class Session(ResponseModel):
    """A browser that is logged in."""

    session_id: str
    device: str = Field(description="The browser and its system.", examples=["Firefox on Linux"])
    created_at: datetime
    last_used_at: datetime = Field(description="To within some minutes.")
    is_current: bool = Field(description="Whether it is the one that makes this call.")


class Sessions(ResponseModel):
    """The sessions of an account, the last used first."""

    sessions: list[Session]


class Token(ResponseModel):
    """A token; its secret was shown when it was made, and never again."""

    token_id: str
    name: str
    scopes: list[ScopeName]
    created_at: datetime
    last_used_at: datetime | None = Field(description="To within some minutes.")
    expires_at: datetime | None = Field(description="Null for a token that does not expire.")


class CreatedToken(Token):
    """A new token with its secret."""

    token: str = Field(description="Send it as `Authorization: Bearer ...`. It is not shown again.")


class Tokens(ResponseModel):
    """The tokens of an account, the newest first."""

    tokens: list[Token]
