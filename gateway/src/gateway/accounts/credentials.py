"""Credentials: registers accounts, checks who logs in, and changes what they log in with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from servicekit.faults import Conflict, InvalidInput, NameTaken, NotFound, WrongCredentials

from gateway.accounts.caller import Caller, new_account
from gateway.accounts.limit_storage import LimitStorage
from gateway.accounts.log_in_limits import LogInLimits
from gateway.accounts.openid import Identity, OpenIdService, ProviderSettings
from gateway.accounts.passkeys import PasskeyService, RelyingParty
from gateway.accounts.passwords import PasswordHasher, check_password, clean_name, name_key
from gateway.storage.accounts import AccountRepository, AccountRow, IdentityRow, PasskeyRow

_WRONG = "The name and the password do not belong together."


class CredentialService:
    """Registers and logs in, by password, passkey and OpenID Connect. Sessions are not its business.

    Parameters
    ----------
    accounts : AccountRepository
        Accounts and their credentials.
    limit_storage : LimitStorage
        Counts of tries.
    providers : list of ProviderSettings
        Providers of OpenID Connect.
    """

    def __init__(
        self, accounts: AccountRepository, limit_storage: LimitStorage, providers: list[ProviderSettings]
    ) -> None:
        self._accounts = accounts
        self._limits = LogInLimits(limit_storage)
        self._passwords = PasswordHasher()
        self.passkeys = PasskeyService(accounts)
        self.openid = OpenIdService(providers, accounts)

    def close(self) -> None:
        """End the threads."""
        self._passwords.close()

    # passwords

    async def register(self, caller: Caller, name: str, password: str) -> str:
        """Give the caller's anonymous account a name and a password, or make a new account; return its id.

        Parameters
        ----------
        caller : Caller
            Who registers.
        name, password : str
            What the person will log in with.

        Raises
        ------
        NameTaken
            If another account has the name. Registration cannot hide that.
        WeakPassword
            If the password is too short or very common.
        Conflict
            If the caller has a lasting account, or is a script.
        """
        cleaned = clean_name(name)
        check_password(password)
        await self._check_anonymous(caller)
        await self._limits.count_registration(caller.address)
        values = {"name": cleaned, "name_key": name_key(cleaned), "password_hash": await self._passwords.hash(password)}
        if caller.account_id is None:
            account = replace(new_account(), **values)  # type: ignore[arg-type]
            if not await self._accounts.insert(account):
                raise _name_taken()
            return account.account_id
        if not await self._accounts.update_account(caller.account_id, **values):
            raise _name_taken()
        await self._accounts.make_lasting(caller.account_id)
        return caller.account_id

    async def check_log_in(self, caller: Caller, name: str, password: str) -> str:
        """Return the account that a name and a password belong to.

        A name that nobody has takes as long as a wrong password, and gets the same words.

        Parameters
        ----------
        caller : Caller
            Who logs in.
        name, password : str
            What was entered.

        Raises
        ------
        WrongCredentials
            If they do not belong together.
        TooManyAttempts
            If there were too many tries.
        """
        key = name_key(name)
        await self._limits.count_try(key, caller.address)
        account = await self._accounts.find_account(key) if key.isprintable() else None
        password_hash = None if account is None else account.password_hash
        if not await self._passwords.verify(password_hash, password):
            raise WrongCredentials(_WRONG)
        assert account is not None, "nobody's password is never right"
        await self._limits.forgive(key, caller.address)
        await self._rehash(account, password)
        return account.account_id

    async def change_password(self, caller: Caller, old: str | None, new: str, name: str | None) -> None:
        """Set the password of an account, and end its other sessions.

        Parameters
        ----------
        caller : Caller
            Whose account it is.
        old : str or None
            The password until now; None for an account that has none yet.
        new : str
            The password from now on.
        name : str or None
            The name of an account that has none yet.

        Raises
        ------
        WrongCredentials
            If the old password is wrong or missing.
        InvalidInput
            If an account without a name gets none.
        """
        account = await self._accounts.get_account(caller.require_account())
        check_password(new)
        if account.password_hash is not None:
            await self._limits.count_try(account.account_id, caller.address)
            if old is None or not await self._passwords.verify(account.password_hash, old):
                raise WrongCredentials("The old password is not right.")
            await self._limits.forgive(account.account_id, caller.address)
        values: dict[str, object] = {"password_hash": await self._passwords.hash(new)}
        if account.name is None:
            if name is None:
                raise InvalidInput("To log in with a password, the account needs a name.")
            cleaned = clean_name(name)
            values |= {"name": cleaned, "name_key": name_key(cleaned)}
        if not await self._accounts.update_account(account.account_id, **values):
            raise _name_taken()
        await self._accounts.make_lasting(account.account_id)
        await self._accounts.delete_sessions(account.account_id, except_id=caller.session_id)

    # passkeys

    async def add_passkey(
        self, party: RelyingParty, caller: Caller, credential: dict[str, Any], name: str
    ) -> PasskeyRow:
        """Add the passkey that a browser has created to the caller's account, which then lasts.

        Parameters
        ----------
        party : RelyingParty
            The site.
        caller : Caller
            Whose account it is.
        credential : dict
            What the browser returned.
        name : str
            What the person calls the passkey.
        """
        account_id = caller.require_account()
        row = await self.passkeys.finish_registration(party, account_id, credential, clean_name(name))
        await self._accounts.make_lasting(account_id)
        return row

    async def delete_passkey(self, account_id: str, passkey_id: str) -> None:
        """Delete a passkey.

        Raises
        ------
        NotFound
            If the account has none with this id.
        Conflict
            If nothing would be left to log in with.
        """
        account = await self._accounts.get_account(account_id)
        passkeys = await self._accounts.list_passkeys(account_id)
        if all(passkey.passkey_id != passkey_id for passkey in passkeys):
            raise NotFound("This account has no such passkey.")
        others = [passkey for passkey in passkeys if passkey.passkey_id != passkey_id]
        if account.password_hash is None and not others and not await self._accounts.list_identities(account_id):
            raise Conflict("This passkey is the only way to log in. Set a password or add another passkey first.")
        await self._accounts.delete_passkey(account_id, passkey_id)

    async def begin_passkey_log_in(self, party: RelyingParty, caller: Caller) -> dict[str, Any]:
        """Return the options with which a browser asks for a passkey; raises `TooManyAttempts` after too many tries."""
        await self._limits.count_address(caller.address)
        return await self.passkeys.begin_log_in(party)

    async def check_passkey(self, party: RelyingParty, caller: Caller, credential: dict[str, Any]) -> str:
        """Return the account of the passkey that a browser has used.

        Parameters
        ----------
        party : RelyingParty
            The site.
        caller : Caller
            Who logs in.
        credential : dict
            What the browser returned.

        Raises
        ------
        WrongCredentials
            If the passkey is not accepted.
        """
        await self._limits.count_address(caller.address)
        return await self.passkeys.finish_log_in(party, credential)

    # OpenID Connect

    async def account_of(self, caller: Caller, identity: Identity) -> str:
        """Return the account that a provider's identity belongs to: the one that has it, the caller's, or a new one.

        Parameters
        ----------
        caller : Caller
            Who came back from the provider.
        identity : Identity
            Whom the provider has logged in.
        """
        known = await self._accounts.find_identity(identity.issuer, identity.subject)
        if known is not None:
            return known.account_id
        account = new_account()
        account_id = caller.account_id or account.account_id
        row = IdentityRow(issuer=identity.issuer, subject=identity.subject, account_id=account_id, label=identity.label)
        if not await self._accounts.insert(*([] if caller.account_id else [account]), row):
            # Two tabs came back at once.
            return await self.account_of(caller, identity)
        await self._accounts.make_lasting(account_id)
        return account_id

    async def _check_anonymous(self, caller: Caller) -> None:
        if caller.token_id is not None:
            raise Conflict("A script with a token cannot register. Do it in a browser, or without the token.")
        if caller.account_id is not None and await self._accounts.is_lasting(caller.account_id):
            raise Conflict("You are logged in to an account already. Log out before you register another one.")

    async def _rehash(self, account: AccountRow, password: str) -> None:
        """Hash a password again if its hash is of weaker parameters than new ones get."""
        if account.password_hash is not None and self._passwords.needs_rehash(account.password_hash):
            renewed = await self._passwords.hash(password)
            await self._accounts.update_account(account.account_id, password_hash=renewed)


def _name_taken() -> NameTaken:
    return NameTaken("Another account has this name. Choose another one, or log in if it is yours.")
