"""Who makes a call: a session by its cookie, a script by its token, or nobody that Segue knows."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum

from servicekit.faults import ForbiddenScope, NotSignedIn

from gateway.ids import new_id
from gateway.storage.accounts import AccountRepository, AccountRow, SessionRow

TOKEN_PREFIX = "segue_"  # what tokens begin with, so that scanners of leaked secrets recognize them
_TOUCH_INTERVAL_S = 300.0
"""Seconds between two writes of when a session or a token was last used."""
_MAX_SECRET_CHARACTERS = 128
_MAX_DEVICE_CHARACTERS = 200


class Scope(StrEnum):
    """What a token may be used for: reading, changing, or the account itself."""

    READ = "read"
    WRITE = "write"
    ACCOUNT = "account"


ALL_SCOPES = frozenset(Scope)
_BARE_SCOPES = frozenset({Scope.READ, Scope.WRITE})


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who makes a call.

    Attributes
    ----------
    account_id : str or None
        The account; None for a bare caller, who has neither cookie nor token.
    session_id, token_id : str or None
        What the account was recognized by.
    address : str
        The address that the call came from.
    """

    account_id: str | None = None
    session_id: str | None = None
    token_id: str | None = None
    scopes: frozenset[Scope] = _BARE_SCOPES
    address: str = ""

    @property
    def key(self) -> str:
        """The account, or the address of a bare caller: whose idempotency keys and quotas these are."""
        return f"address:{self.address}" if self.account_id is None else f"account:{self.account_id}"

    def may_use(self, owner_id: str | None) -> bool:
        """Return whether something with this owner exists for this caller."""
        return owner_id is None or owner_id == self.account_id

    def require(self, scope: Scope) -> None:
        """Raise `ForbiddenScope` unless the caller has a scope; a bare caller lacks only an account."""
        if scope in self.scopes:
            return
        if self.account_id is None:
            raise NotSignedIn("This call needs an account. Log in first.")
        raise ForbiddenScope(f"This token lacks the scope {scope}. Make one that has it.", scope=str(scope))

    def require_account(self) -> str:
        """Return the account; raise `NotSignedIn` for a bare caller."""
        if self.account_id is None:
            raise NotSignedIn("This call needs an account. Log in first.")
        return self.account_id


@dataclass(frozen=True)
class Recognition:
    """A caller, and what is to become of the cookie that the call had.

    Attributes
    ----------
    renewed_secret : str or None
        The secret of a cookie that is to be sent again, so that the browser keeps it for longer.
    is_cookie_dead : bool
        Whether the cookie is worth nothing, so that the browser should drop it.
    """

    caller: Caller
    renewed_secret: str | None = None
    is_cookie_dead: bool = False


class CallerRecognizer:
    """Recognizes callers. Nothing is cached: who is logged out by one gateway is logged out for all at once.

    Parameters
    ----------
    accounts : AccountRepository
        Sessions and tokens.
    session_s : float
        Seconds after its last use until a session ends.
    """

    def __init__(self, accounts: AccountRepository, session_s: float) -> None:
        self._accounts = accounts
        self._session_s = session_s

    async def recognize(self, secret: str | None, authorization: str | None, address: str) -> Recognition:
        """Return who makes a call.

        Parameters
        ----------
        secret : str or None
            What the session's cookie holds.
        authorization : str or None
            The header of that name. Only the scheme ``Bearer`` is ours: a proxy may have a password of its own.
        address : str
            The address that the call came from.

        Raises
        ------
        NotSignedIn
            If a token is wrong, has expired or was revoked.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() == "bearer":
            return Recognition(await self._by_token(token.strip(), address))
        if secret is None:
            return Recognition(Caller(address=address))
        return await self._by_session(secret, address)

    async def _by_token(self, token: str, address: str) -> Caller:
        now_s = time.time()
        row = None
        if token.startswith(TOKEN_PREFIX) and len(token) <= _MAX_SECRET_CHARACTERS:
            row = await self._accounts.find_token(hash_secret(token), now_s)
        if row is None:
            raise NotSignedIn("This token is wrong, has expired or was revoked.")
        if now_s - (row.last_used_at_s or 0.0) > _TOUCH_INTERVAL_S:
            await self._accounts.touch_token(row.token_id, now_s)
        scopes = frozenset(Scope(scope) for scope in row.scopes)
        return Caller(account_id=row.account_id, token_id=row.token_id, scopes=scopes, address=address)

    async def _by_session(self, secret: str, address: str) -> Recognition:
        now_s = time.time()
        row = None
        if len(secret) <= _MAX_SECRET_CHARACTERS:
            row = await self._accounts.find_session(hash_secret(secret), now_s)
        if row is None:
            return Recognition(Caller(address=address), is_cookie_dead=True)
        caller = Caller(account_id=row.account_id, session_id=row.session_id, scopes=ALL_SCOPES, address=address)
        if now_s - row.last_used_at_s <= _TOUCH_INTERVAL_S:
            return Recognition(caller)
        await self._accounts.touch_session(row, now_s, now_s + self._session_s)
        return Recognition(caller, renewed_secret=secret)


def new_secret() -> str:
    """Return a new secret of 256 bits, in 43 characters."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return what is stored of a secret. It is random, so that a fast hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_account() -> AccountRow:
    """Return a new anonymous account, not stored yet."""
    now_s = time.time()
    return AccountRow(account_id=new_id(), created_at_s=now_s, last_seen_at_s=now_s)


def new_session(account_id: str, secret: str, device: str, session_s: float) -> SessionRow:
    """Return a new session, not stored yet.

    Parameters
    ----------
    account_id : str
        The account.
    secret : str
        What the cookie will hold.
    device : str
        The browser's ``User-Agent``.
    session_s : float
        Seconds until the session ends if it is not used.
    """
    now_s = time.time()
    return SessionRow(
        session_id=new_id(),
        secret_hash=hash_secret(secret),
        account_id=account_id,
        device="".join(letter for letter in device if letter.isprintable())[:_MAX_DEVICE_CHARACTERS],
        created_at_s=now_s,
        last_used_at_s=now_s,
        expires_at_s=now_s + session_s,
    )
