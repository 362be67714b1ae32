"""``/passkeys`` and ``/sessions/passkey``: registers passkeys, and logs in with them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from gateway.accounts.devices import describe_device
from gateway.api.dependencies import AccountCallerDep, ContextDep, CredentialsDep, problems
from gateway.api.own_account import DescribeDep, RelyingPartyDep
from gateway.api.schemas import accounts as account_schemas
from gateway.api.schemas import credentials as schemas
from gateway.api.schemas.conversions import to_datetime
from gateway.api.sign_in import SignInDep

router = APIRouter()


@router.post("/passkeys/options", responses=problems(401, 403, 409, 422))
async def registration_options(
    caller: AccountCallerDep, context: ContextDep, credentials: CredentialsDep, party: RelyingPartyDep
) -> schemas.PasskeyOptions:
    """Return what a browser needs to create a passkey for the account. It is valid once, for ten minutes.

    \f

    Parameters
    ----------
    caller : Caller
        Whose passkey it will be.
    context : AppContext
        The application context.
    credentials : CredentialService
        Passkeys.
    party : RelyingParty
        The site.
    """
    account = await context.accounts.get_account(caller.require_account())
    return schemas.PasskeyOptions(options=await credentials.passkeys.begin_registration(party, account))


@router.post("/passkeys", status_code=201, responses=problems(401, 403, 409, 422))
async def create(
    body: schemas.NewPasskey,
    request: Request,
    caller: AccountCallerDep,
    credentials: CredentialsDep,
    party: RelyingPartyDep,
) -> account_schemas.Passkey:
    """Add a passkey to the account. An account with a passkey lasts.

    \f

    Parameters
    ----------
    body : NewPasskey
        What the browser created.
    request : Request
        The call.
    caller : Caller
        Whose passkey it is.
    credentials : CredentialService
        Passkeys.
    party : RelyingParty
        The site.
    """
    name = body.name or describe_device(request.headers.get("user-agent", ""))
    row = await credentials.add_passkey(party, caller, body.credential, name)
    return account_schemas.Passkey(
        passkey_id=row.passkey_id, name=row.name, created_at=to_datetime(row.created_at_s), last_used_at=None
    )


@router.delete("/passkeys/{passkey_id}", status_code=204, responses=problems(401, 403, 404, 409))
async def delete(
    passkey_id: Annotated[str, Path(description="Id of a passkey.", max_length=2048)],
    caller: AccountCallerDep,
    credentials: CredentialsDep,
) -> None:
    """Delete a passkey of the account, unless it is all that one could log in with.

    \f

    Parameters
    ----------
    passkey_id : str
        Id of the passkey.
    caller : Caller
        Whose passkey it is.
    credentials : CredentialService
        Passkeys.
    """
    await credentials.delete_passkey(caller.require_account(), passkey_id)


@router.post("/sessions/passkey/options", responses=problems(403, 409, 429))
async def log_in_options(
    credentials: CredentialsDep, party: RelyingPartyDep, sign_in: SignInDep
) -> schemas.PasskeyOptions:
    """Return what a browser needs to log in with any of its passkeys. It is valid once, for ten minutes.

    \f

    Parameters
    ----------
    credentials : CredentialService
        Passkeys.
    party : RelyingParty
        The site.
    sign_in : SignIn
        Who asks.
    """
    return schemas.PasskeyOptions(options=await credentials.begin_passkey_log_in(party, sign_in.caller))


@router.post("/sessions/passkey", status_code=201, responses=problems(401, 403, 409, 422, 429))
async def log_in(
    body: schemas.PasskeyLogIn,
    credentials: CredentialsDep,
    party: RelyingPartyDep,
    sign_in: SignInDep,
    describe: DescribeDep,
) -> account_schemas.Me:
    """Log in with a passkey. What was made in this browser before moves into the account.

    \f

    Parameters
    ----------
    body : PasskeyLogIn
        What the browser returned.
    credentials : CredentialService
        Passkeys.
    party : RelyingParty
        The site.
    sign_in : SignIn
        Starts the session.
    describe : CallerDescriber
        Describes who the caller is now.
    """
    account_id = await credentials.check_passkey(party, sign_in.caller, body.credential)
    return await describe(await sign_in.start(account_id))
