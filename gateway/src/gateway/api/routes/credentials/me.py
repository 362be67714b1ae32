"""``/me``: changes the password, exports and erases the account."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from gateway.api.dependencies import AccountCallerDep, AudioCacheDep, ContextDep, CredentialsDep, JobsDep, problems
from gateway.api.own_account import DescribeDep
from gateway.api.schemas import accounts as account_schemas
from gateway.api.schemas import credentials as schemas
from gateway.api.sign_in import SignInDep
from gateway.files.export import export as export_account
from gateway.workflows.erasure import erase as erase_account

router = APIRouter(prefix="/me")


@router.put("/password", responses=problems(401, 403, 409, 422, 429))
async def change_password(
    body: schemas.PasswordChange, caller: AccountCallerDep, credentials: CredentialsDep, describe: DescribeDep
) -> account_schemas.Me:
    """Set or change the password. All other sessions of the account end.

    \f

    Parameters
    ----------
    body : PasswordChange
        The old and the new password.
    caller : Caller
        Whose password it is.
    credentials : CredentialService
        Passwords.
    describe : CallerDescriber
        Describes the account as it is now.
    """
    old = None if body.old is None else body.old.get_secret_value()
    await credentials.change_password(caller, old, body.new.get_secret_value(), body.name)
    return await describe(caller)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=problems(401, 403) | {200: {"content": {"application/zip": {}}, "description": "A zip file."}},
)
async def export(caller: AccountCallerDep, context: ContextDep) -> StreamingResponse:
    """Download everything that is stored about the account: a zip file of every file, and `manifest.json`."""
    name = f"segue-{datetime.now(UTC):%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    archive = export_account(context, caller.require_account())
    return StreamingResponse(archive, media_type="application/zip", headers=headers)


@router.delete("", status_code=204, responses=problems(401, 403, 422))
async def delete(
    body: schemas.Confirmation,
    caller: AccountCallerDep,
    context: ContextDep,
    jobs: JobsDep,
    audio_cache: AudioCacheDep,
    sign_in: SignInDep,
) -> None:
    """Erase the account: its files and their bytes, jobs, batches, shares, sessions, tokens and passkeys.

    \f

    Parameters
    ----------
    body : Confirmation
        That it is meant.
    caller : Caller
        Whose account it is.
    context : AppContext
        The application context.
    jobs : JobService
        Cancels running jobs.
    audio_cache : AudioCache
        Has audio of the account's pieces.
    sign_in : SignIn
        Lets the browser forget its session.
    """
    assert body.confirm
    await audio_cache.delete(await erase_account(context, jobs, caller.require_account()))
    sign_in.stop()
