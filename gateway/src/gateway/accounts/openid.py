"""OpenID Connect: logs in with an account at a provider that the settings name (authorization code, PKCE, nonce)."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from authlib.integrations.starlette_client import StarletteOAuth2App
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from servicekit import logs
from servicekit.faults import NotFound, NotReady, UpstreamUnavailable, WrongCredentials

from gateway.storage.accounts import AccountRepository, ChallengeRow

STATE_S = 600
"""Seconds that somebody has to log in at the provider."""
_KIND = "openid"
_TIMEOUT_S = 10.0
_MAX_LABEL_CHARACTERS = 64


class ProviderSettings(BaseModel):
    """One provider in ``SEGUE_OPENID``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern="^[a-z0-9-]{1,32}$")
    label: str = Field(min_length=1, max_length=64)
    issuer: str = Field(pattern="^https?://")
    client_id: str
    client_secret: SecretStr


@dataclass(frozen=True)
class Identity:
    """Whom a provider has logged in.

    Attributes
    ----------
    issuer, subject : str
        The provider, and its id of the person. Together they never change.
    label : str
        What the provider calls the person.
    """

    issuer: str
    subject: str
    label: str


@dataclass(frozen=True)
class Departure:
    """Where a browser goes to log in, and the state with which it comes back."""

    url: str
    state: str


def read_providers(text: str) -> list[ProviderSettings]:
    """Return the providers of a setting.

    Parameters
    ----------
    text : str
        A JSON list; empty for no providers.

    Raises
    ------
    NotReady
        If the setting cannot be read. Its text has secrets, which the message does not repeat.
    """
    if not text.strip():
        return []
    try:
        providers = TypeAdapter(list[ProviderSettings]).validate_json(text)
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in entry["loc"]) for entry in error.errors()})
        raise NotReady(f"SEGUE_OPENID cannot be read; see {', '.join(places) or 'its JSON'}.") from None
    if len({provider.name for provider in providers}) < len(providers):
        raise NotReady("SEGUE_OPENID has two providers of one name.")
    return providers


class OpenIdService:
    """Sends browsers to providers, and verifies what they come back with.

    Parameters
    ----------
    providers : list of ProviderSettings
        The providers.
    accounts : AccountRepository
        Where the state is kept in between, for any gateway.
    """

    def __init__(self, providers: list[ProviderSettings], accounts: AccountRepository) -> None:
        self.providers = providers
        self._accounts = accounts
        self._clients = {provider.name: _client(provider) for provider in providers}

    async def depart(self, name: str, redirect_uri: str) -> Departure:
        """Return where a browser goes to log in at a provider.

        Parameters
        ----------
        name : str
            The provider's name in the settings.
        redirect_uri : str
            The address to which the provider sends the browser back.

        Raises
        ------
        NotFound
            If there is no such provider.
        UpstreamUnavailable
            If it does not answer.
        """
        client = self._client(name)
        await self._check_issuer(name, client)
        started = await client.create_authorization_url(redirect_uri)
        state = str(started["state"])
        data = {"name": name, "redirect_uri": redirect_uri} | {
            key: str(started[key]) for key in ("nonce", "code_verifier")
        }
        await self._accounts.insert(ChallengeRow(
            challenge_id=_hash(state), kind=_KIND, account_id=None, data=data, expires_at_s=time.time() + STATE_S
        ))  # fmt: skip
        return Departure(str(started["url"]), state)

    async def arrive(self, name: str, state: str, code: str) -> Identity:
        """Return whom a provider has logged in. A state is used once.

        Parameters
        ----------
        name : str
            The provider's name in the settings.
        state, code : str
            What the provider sent the browser back with.

        Raises
        ------
        WrongCredentials
            If the state is unknown or too old, or if the provider's answer is not signed for this log-in.
        UpstreamUnavailable
            If the provider does not answer.
        """
        client = self._client(name)
        challenge = await self._accounts.take_challenge(_hash(state), _KIND)
        if challenge is None or challenge.data.get("name") != name:
            raise WrongCredentials("This log-in took too long, or was done already. Start again.")
        data: dict[str, Any] = challenge.data
        try:
            await self._check_issuer(name, client)
            token = await client.fetch_access_token(
                redirect_uri=data["redirect_uri"], code=code, code_verifier=data["code_verifier"]
            )
            # The library compares neither the issuer with the settings nor the audience with the client by itself.
            required = {
                "iss": {"essential": True, "value": self._settings(name).issuer},
                "aud": {"essential": True, "value": client.client_id},
            }
            claims = await client.parse_id_token(token, nonce=data["nonce"], claims_options=required)
        except UpstreamUnavailable:
            raise
        except Exception as error:
            # Whatever is wrong with what came: a signature, a claim, the code. The log has it.
            logs.get_logger().warning("openid.refused", provider=name, exc_info=error)
            raise WrongCredentials("The provider's answer was not accepted. Start again.") from error
        if not claims or not claims.get("sub"):
            raise WrongCredentials("The provider did not tell who logged in.")
        return Identity(str(claims["iss"]), str(claims["sub"]), _label(claims))

    def _client(self, name: str) -> StarletteOAuth2App:
        if name not in self._clients:
            raise NotFound("No provider has this name here.")
        return self._clients[name]

    def _settings(self, name: str) -> ProviderSettings:
        return next(provider for provider in self.providers if provider.name == name)

    async def _check_issuer(self, name: str, client: StarletteOAuth2App) -> None:
        """Load what the provider publishes about itself, and check that it is the one that is meant (RFC 8414)."""
        try:
            metadata = await client.load_server_metadata()
        except Exception as error:
            logs.get_logger().warning("openid.unavailable", provider=name, exc_info=error)
            raise UpstreamUnavailable("The provider does not answer. Try again later, or log in another way.") from None
        if metadata.get("issuer") != self._settings(name).issuer:
            client.server_metadata.clear()
            raise UpstreamUnavailable("The provider calls itself otherwise than the settings do.")


def _client(provider: ProviderSettings) -> StarletteOAuth2App:
    return StarletteOAuth2App(
        None,
        name=provider.name,
        client_id=provider.client_id,
        client_secret=provider.client_secret.get_secret_value(),
        server_metadata_url=f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "timeout": _TIMEOUT_S},
    )


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _label(claims: dict[str, Any]) -> str:
    """Return what the provider calls the person; its id where it gives no name."""
    label = next((claims[key] for key in ("name", "preferred_username", "email", "sub") if claims.get(key)), "")
    return "".join(letter for letter in str(label) if letter.isprintable())[:_MAX_LABEL_CHARACTERS]
