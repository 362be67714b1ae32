"""``/tokens``: tokens for scripts."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Path
from servicekit.faults import ForbiddenScope, InvalidInput, NotFound

from gateway.accounts.caller import TOKEN_PREFIX, hash_secret, new_secret
from gateway.accounts.passwords import clean_name
from gateway.api.dependencies import AccountCallerDep, ContextDep, problems
from gateway.api.schemas import credentials as schemas
from gateway.api.schemas.conversions import to_datetime
from gateway.ids import new_id
from gateway.storage.accounts import TokenRow

router = APIRouter(prefix="/tokens")

_MAX_TOKENS = 50


@router.post("", status_code=201, responses=problems(401, 403, 422))
async def create(body: schemas.NewToken, caller: AccountCallerDep, context: ContextDep) -> schemas.CreatedToken:
    """Make a token for scripts. Its secret is in this response alone.

    \f

    Parameters
    ----------
    body : NewToken
        Name, scopes and days.
    caller : Caller
        Whose token it is.
    context : AppContext
        The application context.
    """
    account_id = caller.require_account()
    scopes = sorted(set(body.scopes))
    if missing := [scope for scope in scopes if scope not in caller.scopes]:
        raise ForbiddenScope(f"A token cannot make one with the scope {missing[0]}, which it lacks.", scope=missing[0])
    if len(await context.accounts.list_tokens(account_id)) >= _MAX_TOKENS:
        raise InvalidInput(f"An account has at most {_MAX_TOKENS} tokens. Delete one that you do not use.")
    secret, now_s = TOKEN_PREFIX + new_secret(), time.time()
    row = TokenRow(
        token_id=new_id(),
        secret_hash=hash_secret(secret),
        account_id=account_id,
        name=clean_name(body.name),
        scopes=[str(scope) for scope in scopes],
        created_at_s=now_s,
        expires_at_s=None if body.days is None else now_s + body.days * 86400,
    )
    await context.accounts.insert(row)
    return schemas.CreatedToken(**_describe(row).model_dump(), token=secret)


@router.get("", responses=problems(401, 403))
async def collection(caller: AccountCallerDep, context: ContextDep) -> schemas.Tokens:
    """List the tokens of the account, without their secrets."""
    rows = await context.accounts.list_tokens(caller.require_account())
    return schemas.Tokens(tokens=[_describe(row) for row in rows])


@router.delete("/{token_id}", status_code=204, responses=problems(401, 403, 404))
async def delete(
    token_id: Annotated[str, Path(description="Id of a token.")], caller: AccountCallerDep, context: ContextDep
) -> None:
    """Delete a token: whoever has it can do nothing with it any more.

    \f

    Parameters
    ----------
    token_id : str
        Id of the token.
    caller : Caller
        Whose token it is.
    context : AppContext
        The application context.
    """
    if not await context.accounts.delete_token(caller.require_account(), token_id):
        raise NotFound("This account has no such token.")


def _describe(row: TokenRow) -> schemas.Token:
    return schemas.Token.model_validate(
        {
            "token_id": row.token_id,
            "name": row.name,
            "scopes": row.scopes,
            "created_at": to_datetime(row.created_at_s),
            "last_used_at": None if row.last_used_at_s is None else to_datetime(row.last_used_at_s),
            "expires_at": None if row.expires_at_s is None else to_datetime(row.expires_at_s),
        }
    )
