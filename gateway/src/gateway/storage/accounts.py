"""The repository of accounts: their sessions, tokens, passkeys and identities, and the ends of their anonymity."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import sqlalchemy as sa
from servicekit.faults import NotSignedIn

from gateway.domain.json_codec import JsonObject
from gateway.storage.database import (
    accounts,
    batches,
    challenges,
    files,
    identities,
    jobs,
    passkeys,
    sessions,
    shares,
    tokens,
)
from gateway.storage.queries import QueryRunner


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account; an anonymous one has neither name nor password.

    Attributes
    ----------
    name_key : str or None
        The name in the form in which names are compared.
    """

    account_id: str
    name: str | None = None
    name_key: str | None = None
    password_hash: str | None = None
    created_at_s: float
    last_seen_at_s: float


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    """A browser that is signed in; `device` describes it for people."""

    session_id: str
    secret_hash: str
    account_id: str
    device: str
    created_at_s: float
    last_used_at_s: float
    expires_at_s: float


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A token of a script. One without an expiry is valid until it is revoked."""

    token_id: str
    secret_hash: str
    account_id: str
    name: str
    scopes: list[str]
    created_at_s: float
    last_used_at_s: float | None = None
    expires_at_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class PasskeyRow:
    """A passkey; its id is the credential's in base64url."""

    passkey_id: str
    account_id: str
    public_key: bytes
    sign_count: int
    name: str
    transports: list[str]
    created_at_s: float
    last_used_at_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class IdentityRow:
    """An account with a provider of OpenID Connect, who names it by issuer and subject."""

    issuer: str
    subject: str
    account_id: str
    label: str


@dataclass(frozen=True, kw_only=True)
class ChallengeRow:
    """What WebAuthn or OpenID Connect keeps between two calls."""

    challenge_id: str
    kind: str
    account_id: str | None
    data: JsonObject
    expires_at_s: float


Row = AccountRow | SessionRow | TokenRow | PasskeyRow | IdentityRow | ChallengeRow
RowT = TypeVar("RowT", AccountRow, SessionRow, TokenRow, PasskeyRow, IdentityRow, ChallengeRow)

_TABLES: dict[type[Row], sa.Table] = {
    AccountRow: accounts,
    SessionRow: sessions,
    TokenRow: tokens,
    PasskeyRow: passkeys,
    IdentityRow: identities,
    ChallengeRow: challenges,
}

_OWNING = (jobs, files, batches, shares)
"""Tables whose rows belong to an account."""

_CREDENTIALS = (sessions, tokens, passkeys, identities, challenges)


@dataclass(frozen=True)
class Usage:
    """What the files of an account amount to."""

    n_bytes: int
    n_files: int


class AccountRepository:
    """Reads and writes accounts and their credentials.

    Parameters
    ----------
    runner : QueryRunner
        The database.
    """

    def __init__(self, runner: QueryRunner) -> None:
        self._runner = runner

    async def insert(self, *rows: Row) -> bool:
        """Write new rows in one transaction; False, and nothing is written, if one of their keys is taken."""
        return await self._runner.try_insert(_insert_all, rows)

    async def get_account(self, account_id: str) -> AccountRow:
        """Return an account; `NotSignedIn` if it was erased meanwhile."""
        found = await self._find(AccountRow, accounts.c.account_id == account_id)
        if found is None:
            raise NotSignedIn("This account no longer exists.")
        return found

    async def find_account(self, name_key: str) -> AccountRow | None:
        """Return the account with a name in its compared form; None if nobody has it."""
        return await self._find(AccountRow, accounts.c.name_key == name_key)

    async def update_account(self, account_id: str, **values: object) -> bool:
        """Change fields of an account; False, and nothing is written, if its new name is taken.

        Parameters
        ----------
        account_id : str
            Id of the account.
        **values
            New values by the names of `AccountRow`.
        """
        changed = sa.update(accounts).where(accounts.c.account_id == account_id).values(**values)
        return await self._runner.try_insert(_execute, changed)

    async def is_lasting(self, account_id: str) -> bool:
        """Return whether an account can be entered again: by a password, a passkey or OpenID Connect."""
        return bool(await self._runner.select(sa.select(accounts.c.account_id).where(_is(account_id) & is_lasting())))

    async def make_lasting(self, account_id: str) -> None:
        """Let nothing of an account expire any more. Called when it has got its first credential."""
        belongs = (files.c.owner_id == account_id) & files.c.deleted_at_s.is_(None)
        await self._runner.execute(sa.update(files).where(belongs).values(expires_at_s=None))

    async def merge(self, source_id: str, target_id: str) -> None:
        """Move all that an anonymous account owns to another account, and delete the first one."""
        await self._runner.transaction(_merge, source_id, target_id)

    async def erase(self, account_id: str) -> None:
        """Delete an account with its credentials. What it owns is deleted before."""
        await self._runner.transaction(_erase, account_id)

    async def usage(self, account_id: str) -> Usage:
        """Return what the files of an account amount to."""
        n_bytes = sa.func.coalesce(sa.func.sum(files.c.byte_count), 0).label("n_bytes")
        n_files = sa.func.count().label("n_files")
        belongs = (files.c.owner_id == account_id) & files.c.deleted_at_s.is_(None)
        (row,) = await self._runner.select(sa.select(n_bytes, n_files).where(belongs))
        return Usage(int(row["n_bytes"]), int(row["n_files"]))

    # sessions

    async def find_session(self, secret_hash: str, now_s: float) -> SessionRow | None:
        """Return the session of a cookie; None if it has ended."""
        is_valid = (sessions.c.secret_hash == secret_hash) & (sessions.c.expires_at_s > now_s)
        return await self._find(SessionRow, is_valid)

    async def touch_session(self, session: SessionRow, now_s: float, expires_at_s: float) -> None:
        """Write that a session was used, and postpone its end."""
        used = sa.update(sessions).where(sessions.c.session_id == session.session_id)
        await self._runner.execute(used.values(last_used_at_s=now_s, expires_at_s=expires_at_s))
        seen = sa.update(accounts).where(_is(session.account_id))
        await self._runner.execute(seen.values(last_seen_at_s=now_s))

    async def list_sessions(self, account_id: str) -> list[SessionRow]:
        """Return the sessions of an account that have not ended, the last used first."""
        is_valid = (sessions.c.account_id == account_id) & (sessions.c.expires_at_s > time.time())
        return await self._list(SessionRow, is_valid, sessions.c.last_used_at_s.desc())

    async def delete_session(self, account_id: str, session_id: str) -> bool:
        """End a session of an account; False if it has none with this id."""
        is_its = (sessions.c.account_id == account_id) & (sessions.c.session_id == session_id)
        return bool(await self._runner.execute(sa.delete(sessions).where(is_its)))

    async def delete_sessions(self, account_id: str, except_id: str | None = None) -> None:
        """End the sessions of an account, all or all but one."""
        ended = (sessions.c.account_id == account_id) & (sessions.c.session_id != (except_id or ""))
        await self._runner.execute(sa.delete(sessions).where(ended))

    # tokens

    async def find_token(self, secret_hash: str, now_s: float) -> TokenRow | None:
        """Return a token by the hash of its secret; None if it has expired or was revoked."""
        is_unexpired = tokens.c.expires_at_s.is_(None) | (tokens.c.expires_at_s > now_s)
        return await self._find(TokenRow, (tokens.c.secret_hash == secret_hash) & is_unexpired)

    async def touch_token(self, token_id: str, now_s: float) -> None:
        """Write that a token was used."""
        used = sa.update(tokens).where(tokens.c.token_id == token_id)
        await self._runner.execute(used.values(last_used_at_s=now_s))

    async def list_tokens(self, account_id: str) -> list[TokenRow]:
        """Return the tokens of an account, the newest first; those that have expired too."""
        return await self._list(TokenRow, tokens.c.account_id == account_id, tokens.c.created_at_s.desc())

    async def delete_token(self, account_id: str, token_id: str) -> bool:
        """Revoke a token of an account; False if it has none with this id."""
        is_its = (tokens.c.account_id == account_id) & (tokens.c.token_id == token_id)
        return bool(await self._runner.execute(sa.delete(tokens).where(is_its)))

    # passkeys

    async def find_passkey(self, passkey_id: str) -> PasskeyRow | None:
        """Return a passkey; None for an unknown id."""
        return await self._find(PasskeyRow, passkeys.c.passkey_id == passkey_id)

    async def list_passkeys(self, account_id: str) -> list[PasskeyRow]:
        """Return the passkeys of an account, the oldest first."""
        return await self._list(PasskeyRow, passkeys.c.account_id == account_id, passkeys.c.created_at_s)

    async def update_passkey(self, passkey_id: str, **values: object) -> None:
        """Change fields of a passkey.

        Parameters
        ----------
        passkey_id : str
            Id of the passkey.
        **values
            New values by the names of `PasskeyRow`.
        """
        changed = sa.update(passkeys).where(passkeys.c.passkey_id == passkey_id).values(**values)
        await self._runner.execute(changed)

    async def delete_passkey(self, account_id: str, passkey_id: str) -> bool:
        """Delete a passkey of an account; False if it has none with this id."""
        is_its = (passkeys.c.account_id == account_id) & (passkeys.c.passkey_id == passkey_id)
        return bool(await self._runner.execute(sa.delete(passkeys).where(is_its)))

    # OpenID Connect

    async def find_identity(self, issuer: str, subject: str) -> IdentityRow | None:
        """Return what a provider calls by this subject; None if it has never logged in."""
        return await self._find(IdentityRow, (identities.c.issuer == issuer) & (identities.c.subject == subject))

    async def list_identities(self, account_id: str) -> list[IdentityRow]:
        """Return the identities of an account."""
        return await self._list(IdentityRow, identities.c.account_id == account_id, identities.c.issuer)

    # challenges

    async def take_challenge(self, challenge_id: str, kind: str) -> ChallengeRow | None:
        """Return a challenge and delete it, so that it is used once; None if it is unknown or has expired."""
        is_it = (challenges.c.challenge_id == challenge_id) & (challenges.c.kind == kind)
        found = await self._find(ChallengeRow, is_it & (challenges.c.expires_at_s > time.time()))
        # Of two calls that found it at once, only the one that deletes it may use it.
        is_taken = bool(await self._runner.execute(sa.delete(challenges).where(is_it)))
        return found if is_taken else None

    # all

    async def sweep(self, now_s: float, unused_before_s: float) -> None:
        """Delete sessions and challenges that have ended, and anonymous accounts that nobody can enter any more."""
        await self._runner.transaction(_sweep, now_s, unused_before_s)

    async def _find(self, kind: type[RowT], condition: sa.ColumnElement[bool]) -> RowT | None:
        rows = await self._runner.select(sa.select(_TABLES[kind]).where(condition))
        return kind(**rows[0]) if rows else None

    async def _list(
        self, kind: type[RowT], condition: sa.ColumnElement[bool], order: sa.ColumnElement[Any]
    ) -> list[RowT]:
        return [
            kind(**row) for row in await self._runner.select(sa.select(_TABLES[kind]).where(condition).order_by(order))
        ]


def is_lasting() -> sa.ColumnElement[bool]:
    """Return the condition that the row of `accounts` can be entered again, by whatever credential."""
    has_passkey = sa.exists().where(passkeys.c.account_id == accounts.c.account_id)
    has_identity = sa.exists().where(identities.c.account_id == accounts.c.account_id)
    return accounts.c.password_hash.is_not(None) | has_passkey | has_identity


def lock_owner(connection: sa.Connection, owner_id: str) -> bool:
    """Keep an account from being merged or erased until the transaction ends; return whether it is a lasting one.

    Raises
    ------
    NotSignedIn
        If it was merged or erased already.
    """
    query = sa.select(is_lasting()).select_from(accounts).where(_is(owner_id)).with_for_update(read=True, of=accounts)
    found = connection.execute(query).first()
    if found is None:
        raise NotSignedIn("The session ended during this call, so that nothing was kept. Repeat it.")
    return bool(found[0])


def _is(account_id: str) -> sa.ColumnElement[bool]:
    return accounts.c.account_id == account_id


def _execute(connection: sa.Connection, statement: sa.Update) -> None:
    connection.execute(statement)


def _insert_all(connection: sa.Connection, rows: Iterable[Row]) -> None:
    for row in rows:
        columns = {each.name: getattr(row, each.name) for each in fields(row)}
        connection.execute(sa.insert(_TABLES[type(row)]).values(**columns))


def _merge(connection: sa.Connection, source_id: str, target_id: str) -> None:
    # Whoever saves something for the first account has locked it, and is waited for; later ones do not find it.
    connection.execute(sa.delete(accounts).where(_is(source_id)))
    for table in _OWNING:
        connection.execute(sa.update(table).where(table.c.owner_id == source_id).values(owner_id=target_id))
    lasts = sa.exists().where(_is(target_id) & is_lasting())
    belongs = (files.c.owner_id == target_id) & files.c.deleted_at_s.is_(None)
    connection.execute(sa.update(files).where(belongs & lasts).values(expires_at_s=None))
    for table in _CREDENTIALS:
        connection.execute(sa.delete(table).where(table.c.account_id == source_id))


def _erase(connection: sa.Connection, account_id: str) -> None:
    for table in (accounts, *_CREDENTIALS):
        connection.execute(sa.delete(table).where(table.c.account_id == account_id))


def _sweep(connection: sa.Connection, now_s: float, unused_before_s: float) -> None:
    connection.execute(sa.delete(challenges).where(challenges.c.expires_at_s < now_s))
    connection.execute(sa.delete(sessions).where(sessions.c.expires_at_s < now_s))
    related = (sessions, tokens, *_OWNING)
    is_unreachable = sa.and_(
        accounts.c.last_seen_at_s < unused_before_s,
        ~is_lasting(),
        *(~sa.exists().where(_account_column(table) == accounts.c.account_id) for table in related),
    )
    connection.execute(sa.delete(accounts).where(is_unreachable))


def _account_column(table: sa.Table) -> sa.ColumnElement[Any]:
    column: sa.ColumnElement[Any] = table.c.owner_id if table in _OWNING else table.c.account_id
    return column
