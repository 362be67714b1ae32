"""Passkeys (WebAuthn): registers them for an account, and logs in with them.

Each takes two calls. Between them the challenge is in the database, for any gateway, and it is used once. Passkeys are
discoverable: the browser offers those it has for this site, and no name is entered.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from servicekit.faults import InvalidInput, WrongCredentials
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.storage.accounts import AccountRepository, AccountRow, ChallengeRow, PasskeyRow

_RP_NAME = "Segue"
_CHALLENGE_S = 600.0
"""Seconds that somebody has to find the security key, or to type its PIN."""
_REGISTRATION, _LOG_IN = "passkey-registration", "passkey-log-in"
_MAX_PASSKEYS = 20
_TRANSPORTS = {transport.value for transport in AuthenticatorTransport}


@dataclass(frozen=True)
class RelyingParty:
    """The site to which passkeys belong.

    Attributes
    ----------
    rp_id : str
        The name of its host.
    origin : str
        The address of its pages, such as ``https://segue.example``.
    """

    rp_id: str
    origin: str


def relying_party(origin: str) -> RelyingParty | None:
    """Return the relying party of a page; None where browsers offer no passkeys.

    They need a name, since an address may belong to another machine tomorrow, and https, except on this machine.

    Parameters
    ----------
    origin : str
        The address of the page.

    Examples
    --------
    >>> relying_party("http://localhost:8000").rp_id
    'localhost'
    >>> relying_party("http://127.0.0.1:8000") is None, relying_party("http://segue.example") is None
    (True, True)
    """
    parts = urlsplit(origin)
    host = (parts.hostname or "").rstrip(".")
    is_local = host == "localhost" or host.endswith(".localhost")
    if not host or not (parts.scheme == "https" or is_local):
        return None
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(host, origin)
    return None


class PasskeyService:
    """Registers passkeys and logs in with them.

    Parameters
    ----------
    accounts : AccountRepository
        Passkeys and challenges.
    """

    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts

    async def begin_registration(self, party: RelyingParty, account: AccountRow) -> dict[str, Any]:
        """Return the options with which a browser creates a passkey.

        Parameters
        ----------
        party : RelyingParty
            The site.
        account : AccountRow
            The account that gets the passkey.

        Raises
        ------
        InvalidInput
            If the account has as many passkeys as it may.
        """
        known = await self._accounts.list_passkeys(account.account_id)
        if len(known) >= _MAX_PASSKEYS:
            raise InvalidInput(f"An account has at most {_MAX_PASSKEYS} passkeys. Delete one that you do not use.")
        options = webauthn.generate_registration_options(
            rp_id=party.rp_id,
            rp_name=_RP_NAME,
            user_id=bytes.fromhex(account.account_id),
            user_name=account.name or "My Segue",
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.passkey_id)) for passkey in known
            ],
        )
        await self._save_challenge(_REGISTRATION, options.challenge, account.account_id)
        return options_to_json_dict(options)

    async def finish_registration(
        self, party: RelyingParty, account_id: str, credential: dict[str, Any], name: str
    ) -> PasskeyRow:
        """Store the passkey that a browser has created, and return it.

        Parameters
        ----------
        party : RelyingParty
            The site.
        account_id : str
            The account that gets the passkey.
        credential : dict
            What the browser returned, as JSON.
        name : str
            What a person calls the passkey.

        Raises
        ------
        WrongCredentials
            If the credential is damaged, belongs to another site or another account, or came too late.
        """
        challenge = await self._take_challenge(_REGISTRATION, credential, account_id)
        try:
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=party.rp_id,
                expected_origin=party.origin,
            )
        except Exception as error:
            raise _refused() from error
        row = PasskeyRow(
            passkey_id=bytes_to_base64url(verified.credential_id),
            account_id=account_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            name=name,
            transports=_transports(credential),
            created_at_s=time.time(),
        )
        if not await self._accounts.insert(row):
            raise InvalidInput("This passkey is registered already.")
        return row

    async def begin_log_in(self, party: RelyingParty) -> dict[str, Any]:
        """Return the options with which a browser asks for a passkey of this site, whosever it is."""
        options = webauthn.generate_authentication_options(
            rp_id=party.rp_id, user_verification=UserVerificationRequirement.PREFERRED
        )
        await self._save_challenge(_LOG_IN, options.challenge, None)
        return options_to_json_dict(options)

    async def finish_log_in(self, party: RelyingParty, credential: dict[str, Any]) -> str:
        """Verify what a passkey has signed, and return its account.

        Parameters
        ----------
        party : RelyingParty
            The site.
        credential : dict
            What the browser returned, as JSON.

        Raises
        ------
        WrongCredentials
            If the passkey is unknown, the signature is wrong, or it came too late.
        """
        challenge = await self._take_challenge(_LOG_IN, credential, None)
        passkey = await self._accounts.find_passkey(str(credential.get("id", ""))[:2048])
        if passkey is None:
            raise WrongCredentials("This passkey is not known here. It may have been deleted on the account page.")
        try:
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=party.rp_id,
                expected_origin=party.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
            )
        except Exception as error:
            raise _refused() from error
        await self._accounts.update_passkey(
            passkey.passkey_id, sign_count=verified.new_sign_count, last_used_at_s=time.time()
        )
        return passkey.account_id

    async def _save_challenge(self, kind: str, challenge: bytes, account_id: str | None) -> None:
        await self._accounts.insert(
            ChallengeRow(
                challenge_id=hashlib.sha256(challenge).hexdigest(),
                kind=kind,
                account_id=account_id,
                data={},
                expires_at_s=time.time() + _CHALLENGE_S,
            )
        )

    async def _take_challenge(self, kind: str, credential: dict[str, Any], account_id: str | None) -> bytes:
        """Return the challenge that a credential answers, which is then used up."""
        try:
            client_data = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
            challenge = bytes(client_data.challenge)
        except Exception as error:
            raise _refused() from error
        row = await self._accounts.take_challenge(hashlib.sha256(challenge).hexdigest(), kind)
        if row is None or row.account_id != account_id:
            raise WrongCredentials("This took too long, or was done already. Start again.")
        return challenge


def _transports(credential: dict[str, Any]) -> list[str]:
    """Return how a browser reaches the authenticator, as far as the names are known."""
    named = credential.get("response", {}).get("transports")
    return sorted(_TRANSPORTS & {each for each in named if isinstance(each, str)}) if isinstance(named, list) else []


def _refused() -> WrongCredentials:
    """Return the fault for a credential that a library which reads a stranger's bytes cannot accept."""
    return WrongCredentials("The passkey was not accepted. Start again, on the same page.")
