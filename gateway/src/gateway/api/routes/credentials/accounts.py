"""``/me`` and ``/accounts``: who makes a call, and new accounts."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.accounts.caller import Scope, new_account
from gateway.api.dependencies import CredentialsDep, RecognizedDep, problems
from gateway.api.own_account import DescribeDep
from gateway.api.schemas import accounts as schemas
from gateway.api.sign_in import SignInDep

router = APIRouter()


@router.get("/me", responses=problems(401, 403))
async def me(caller: RecognizedDep, describe: DescribeDep) -> schemas.Me:
    """Return who makes this call: an account, or nobody that Segue knows."""
    caller.require(Scope.READ)
    return await describe(caller)


@router.post("/accounts", status_code=201, responses=problems(401, 403, 409, 422, 429))
async def create(
    body: schemas.NewAccount,
    response: Response,
    credentials: CredentialsDep,
    sign_in: SignInDep,
    describe: DescribeDep,
) -> schemas.Me:
    """Create an account and a session for it.

    With a name and a password, the anonymous account of the caller becomes a lasting one, or a new one is made. Without
    them, an anonymous account is made; with a session there already, nothing is created, and the status is 200.
    \f

    Parameters
    ----------
    body : NewAccount
        The account.
    response : Response
        The response.
    credentials : CredentialService
        Registers.
    sign_in : SignIn
        Starts the session.
    describe : CallerDescriber
        Describes who the caller is now.
    """
    caller = sign_in.caller
    if body.name is not None and body.password is not None:
        account_id = await credentials.register(caller, body.name, body.password.get_secret_value())
        return await describe(await sign_in.start(account_id))
    caller.require(Scope.WRITE)
    if caller.account_id is not None:
        response.status_code = 200
        return await describe(caller)
    account = new_account()
    return await describe(await sign_in.start(account.account_id, account))
