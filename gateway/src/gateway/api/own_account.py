"""What a caller is shown about its own account, and the site that it sees."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from servicekit.faults import Conflict

from gateway.accounts.caller import Caller
from gateway.accounts.passkeys import RelyingParty, relying_party
from gateway.api.dependencies import ContextDep, CredentialsDep
from gateway.api.schemas import accounts as schemas
from gateway.api.schemas.conversions import to_datetime
from gateway.storage.accounts import AccountRow, Usage


def own_origin(request: Request) -> str:
    """Return the address under which the browser sees this site, such as ``https://segue.example``."""
    configured: str = request.app.state.settings.origin
    return (configured or str(request.base_url)).rstrip("/")


def get_relying_party(request: Request) -> RelyingParty:
    """Return the site that passkeys belong to.

    Raises
    ------
    Conflict
        If browsers have no passkeys for an address such as this one.
    """
    party = relying_party(own_origin(request))
    if party is None:
        raise Conflict("Passkeys need https and the name of a host. Use a password, or open Segue by its name.")
    return party


class CallerDescriber:
    """Describes callers to themselves; a dependency of the routes of accounts.

    Parameters
    ----------
    request : Request
        The call.
    context : AppContext
        The application context.
    credentials : CredentialService
        What one can log in with here.
    """

    def __init__(self, request: Request, context: ContextDep, credentials: CredentialsDep) -> None:
        self._context = context
        self._methods = schemas.SignInMethods(
            password=True,
            passkey=relying_party(own_origin(request)) is not None,
            openid=[
                schemas.OpenIdProvider(name=provider.name, label=provider.label)
                for provider in credentials.openid.providers
            ],
        )

    async def __call__(self, caller: Caller) -> schemas.Me:
        """Return what a caller is shown about itself."""
        settings = self._context.settings
        if caller.account_id is None:
            usage, limits = Usage(0, 0), schemas.Limits(bytes=0, jobs_per_hour=settings.address_jobs_per_hour)
            account = None
        else:
            account = await self._describe(await self._context.accounts.get_account(caller.account_id))
            usage = await self._context.accounts.usage(caller.account_id)
            n_bytes = settings.account_bytes if account.kind == "lasting" else settings.anonymous_bytes
            limits = schemas.Limits(bytes=n_bytes, jobs_per_hour=settings.account_jobs_per_hour)
        return schemas.Me(
            account=account,
            session_id=caller.session_id,
            usage=schemas.Usage(bytes=usage.n_bytes, files=usage.n_files),
            limits=limits,
            sign_in=self._methods,
        )

    async def _describe(self, row: AccountRow) -> schemas.Account:
        accounts = self._context.accounts
        is_lasting = await accounts.is_lasting(row.account_id)
        return schemas.Account(
            account_id=row.account_id,
            name=row.name,
            kind="lasting" if is_lasting else "anonymous",
            created_at=to_datetime(row.created_at_s),
            has_password=row.password_hash is not None,
            passkeys=[
                schemas.Passkey(
                    passkey_id=passkey.passkey_id,
                    name=passkey.name,
                    created_at=to_datetime(passkey.created_at_s),
                    last_used_at=None if passkey.last_used_at_s is None else to_datetime(passkey.last_used_at_s),
                )
                for passkey in await accounts.list_passkeys(row.account_id)
            ],
            identities=[
                schemas.Identity(issuer=identity.issuer, name=identity.label)
                for identity in await accounts.list_identities(row.account_id)
            ],
        )


DescribeDep = Annotated[CallerDescriber, Depends()]
RelyingPartyDep = Annotated[RelyingParty, Depends(get_relying_party)]
