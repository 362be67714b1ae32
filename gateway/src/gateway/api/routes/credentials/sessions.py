"""``/sessions``: logs in by a name and a password; lists and ends sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from servicekit.faults import NotFound

from gateway.accounts.devices import describe_device
from gateway.api.dependencies import AccountCallerDep, ContextDep, CredentialsDep, problems
from gateway.api.own_account import DescribeDep
from gateway.api.schemas import accounts as account_schemas
from gateway.api.schemas import credentials as schemas
from gateway.api.schemas.conversions import to_datetime
from gateway.api.sign_in import SignInDep

router = APIRouter(prefix="/sessions")


@router.post("", status_code=201, responses=problems(401, 403, 422, 429))
async def create(
    body: schemas.LogIn, credentials: CredentialsDep, sign_in: SignInDep, describe: DescribeDep
) -> account_schemas.Me:
    """Log in by a name and a password. What was made in this browser before moves into the account.

    \f

    Parameters
    ----------
    body : LogIn
        Name and password.
    credentials : CredentialService
        Checks them.
    sign_in : SignIn
        Starts the session.
    describe : CallerDescriber
        Describes who the caller is now.
    """
    account_id = await credentials.check_log_in(sign_in.caller, body.name, body.password.get_secret_value())
    return await describe(await sign_in.start(account_id))


@router.get("", responses=problems(401, 403))
async def collection(caller: AccountCallerDep, context: ContextDep) -> schemas.Sessions:
    """List the browsers that are logged in to the account."""
    rows = await context.accounts.list_sessions(caller.require_account())
    return schemas.Sessions(
        sessions=[
            schemas.Session(
                session_id=row.session_id,
                device=describe_device(row.device),
                created_at=to_datetime(row.created_at_s),
                last_used_at=to_datetime(row.last_used_at_s),
                is_current=row.session_id == caller.session_id,
            )
            for row in rows
        ]
    )


@router.delete("", status_code=204, responses=problems(401, 403))
async def delete_all(caller: AccountCallerDep, context: ContextDep, sign_in: SignInDep) -> None:
    """Log out everywhere. Tokens stay valid.

    \f

    Parameters
    ----------
    caller : Caller
        Whose sessions end.
    context : AppContext
        The application context.
    sign_in : SignIn
        Lets the browser forget its session.
    """
    await context.accounts.delete_sessions(caller.require_account())
    sign_in.stop()


@router.delete("/{session_id}", status_code=204, responses=problems(401, 403, 404))
async def delete(
    session_id: Annotated[str, Path(description="Id of a session.")],
    caller: AccountCallerDep,
    context: ContextDep,
    sign_in: SignInDep,
) -> None:
    """End a session: log a browser out, this one or another.

    \f

    Parameters
    ----------
    session_id : str
        Id of the session.
    caller : Caller
        Whose session it is.
    context : AppContext
        The application context.
    sign_in : SignIn
        Lets the browser forget its session.
    """
    if not await context.accounts.delete_session(caller.require_account(), session_id):
        raise NotFound("This account has no such session.")
    if session_id == caller.session_id:
        sign_in.stop()
