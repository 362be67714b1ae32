"""Browsers of several people at one gateway, and passkeys in software."""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import cbor2
import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

Browser = Callable[[httpx.AsyncClient], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Opens a client of the same gateway as another, with an anonymous account of its own."""

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40
"""Flags of an authenticator."""


@contextlib.asynccontextmanager
async def open_browser(client: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the same gateway with an anonymous account of its own."""
    async with httpx.AsyncClient(base_url=client.base_url, timeout=20) as other:
        assert (await other.post("/accounts", json={})).status_code == 201
        yield other


@pytest.fixture
def browser() -> Browser:
    """Opens browsers of other people."""
    return open_browser


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftAuthenticator:
    """One passkey of one site: what a browser and an authenticator do together, as far as the gateway can tell.

    Attributes
    ----------
    origin : str
        The page that the browser shows.
    rp_id : str
        The site.
    """

    origin: str
    rp_id: str
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    sign_count: int = 0
    user_handle: bytes = b""

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what `navigator.credentials.create` resolves to, as JSON."""
        assert options["authenticatorSelection"]["residentKey"] == "required"
        self.user_handle = decode(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        length = len(self.credential_id).to_bytes(2)
        attested = bytes(16) + length + self.credential_id + cbor2.dumps(cose)
        data = self._authenticator_data(USER_PRESENT | USER_VERIFIED | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._credential(
            clientDataJSON=encode(self._client_data("webauthn.create", options["challenge"])),
            attestationObject=encode(attestation),
            transports=["internal", "nonsense"],
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what `navigator.credentials.get` resolves to, as JSON."""
        self.sign_count += 1
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(USER_PRESENT | USER_VERIFIED)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            clientDataJSON=encode(client_data),
            authenticatorData=encode(data),
            signature=encode(signature),
            userHandle=encode(self.user_handle),
        )

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _credential(self, **response: Any) -> dict[str, Any]:
        name = encode(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


@pytest.fixture
def authenticators() -> type[SoftAuthenticator]:
    """Return the class of passkeys in software."""
    return SoftAuthenticator
