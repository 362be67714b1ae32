"""``/me`` and ``/accounts``: who makes a call, and new accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gateway.accounts.caller import Caller, Scope, new_account
from gateway.api.dependencies import ContextDep, RecognizedDep, problems
from gateway.api.schemas import accounts as schemas
from gateway.api.sign_in import SignIn
from gateway.context import AppContext
from gateway.storage.accounts import AccountRow, Usage

router = APIRouter()

SignInDep = Annotated[SignIn, Depends()]


@router.get("/me", responses=problems(401, 403))
async def me(caller: RecognizedDep, context: ContextDep) -> schemas.Me:
    """Return who makes this call: an account, or nobody that Segue knows."""
    caller.require(Scope.READ)
    return await describe_caller(context, caller)


@router.post("/accounts", status_code=201, responses=problems(401, 403, 409, 422, 429))
async def create(_body: schemas.NewAccount, response: Response, context: ContextDep, sign_in: SignInDep) -> schemas.Me:
    """Create an account and a session for it; with a session there already, nothing is created, and the status is 200.

    \f

    Parameters
    ----------
    _body : NewAccount
        The account.
    response : Response
        The response.
    context : AppContext
        The application context.
    sign_in : SignIn
        Starts the session.
    """
    sign_in.caller.require(Scope.WRITE)
    if sign_in.caller.account_id is not None:
        response.status_code = 200
        return await describe_caller(context, sign_in.caller)
    account = new_account()
    return await describe_caller(context, await sign_in.start(account.account_id, account))


async def describe_caller(context: AppContext, caller: Caller) -> schemas.Me:
    """Return what a caller is shown about itself."""
    settings = context.settings
    methods = schemas.SignInMethods(password=True, passkey=False, openid=[])
    if caller.account_id is None:
        usage, limits = Usage(0, 0), schemas.Limits(bytes=0, jobs_per_hour=settings.address_jobs_per_hour)
        account = None
    else:
        account = await _describe_account(context, await context.accounts.get_account(caller.account_id))
        usage = await context.accounts.usage(caller.account_id)
        n_bytes = settings.account_bytes if account.kind == "lasting" else settings.anonymous_bytes
        limits = schemas.Limits(bytes=n_bytes, jobs_per_hour=settings.account_jobs_per_hour)
    return schemas.Me(
        account=account,
        session_id=caller.session_id,
        usage=schemas.Usage(bytes=usage.n_bytes, files=usage.n_files),
        limits=limits,
        sign_in=methods,
    )


async def _describe_account(context: AppContext, row: AccountRow) -> schemas.Account:
    accounts = context.accounts
    is_lasting = await accounts.is_lasting(row.account_id)
    return schemas.Account(
        account_id=row.account_id,
        name=row.name,
        kind="lasting" if is_lasting else "anonymous",
        created_at=_to_datetime(row.created_at_s),
        has_password=row.password_hash is not None,
        passkeys=[
            schemas.Passkey(
                passkey_id=passkey.passkey_id,
                name=passkey.name,
                created_at=_to_datetime(passkey.created_at_s),
                last_used_at=None if passkey.last_used_at_s is None else _to_datetime(passkey.last_used_at_s),
            )
            for passkey in await accounts.list_passkeys(row.account_id)
        ],
        identities=[
            schemas.Identity(issuer=identity.issuer, name=identity.label)
            for identity in await accounts.list_identities(row.account_id)
        ],
    )


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
