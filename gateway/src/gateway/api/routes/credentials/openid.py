"""``/sessions/openid``: logs in at a provider of OpenID Connect, by two redirects of the browser."""

from __future__ import annotations

import hmac
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from servicekit.faults import Fault, ForeignOrigin, NotFound

from gateway.accounts.openid import STATE_S
from gateway.api.dependencies import CredentialsDep, problems
from gateway.api.own_account import own_origin
from gateway.api.sign_in import SignInDep

router = APIRouter(prefix="/sessions/openid/{name}")

_PAGE = "/account"
_STATE_COOKIE = "segue_openid"
_COOKIE_PATH = "/sessions/openid"

ProviderName = Annotated[str, Path(description="Name of a provider, as in `GET /me`.", max_length=32)]


@router.get("", status_code=302, response_class=RedirectResponse, responses=problems(403, 404))
async def depart(name: ProviderName, request: Request, credentials: CredentialsDep) -> Response:
    """Send the browser to a provider of OpenID Connect. It comes back to the callback.

    \f

    Parameters
    ----------
    name : str
        Name of the provider.
    request : Request
        The call.
    credentials : CredentialService
        OpenID Connect.
    """
    # Otherwise a page elsewhere could tie this browser's account to the identity of somebody else.
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise ForeignOrigin("A page of another site wanted to log you in. Open Segue itself.")
    origin = own_origin(request)
    try:
        departure = await credentials.openid.depart(name, f"{origin}{_COOKIE_PATH}/{name}/callback")
    except NotFound:
        raise
    except Fault as fault:
        return _back_with(fault)
    response = RedirectResponse(departure.url, 302)
    response.set_cookie(
        _STATE_COOKIE,
        departure.state,
        max_age=STATE_S,
        path=_COOKIE_PATH,
        secure=origin.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/callback", status_code=302, response_class=RedirectResponse, responses=problems(404))
async def callback(
    name: ProviderName,
    request: Request,
    response: Response,
    credentials: CredentialsDep,
    sign_in: SignInDep,
    state: Annotated[str, Query(max_length=512)] = "",
    code: Annotated[str, Query(max_length=4096)] = "",
) -> Response:
    """Take the browser back from a provider, log in, and send it to the account page.

    \f

    Parameters
    ----------
    name : str
        Name of the provider.
    request : Request
        The call.
    response : Response
        What gets the cookie of the new session.
    credentials : CredentialService
        OpenID Connect.
    sign_in : SignIn
        Starts the session.
    state, code : str
        What the provider sent the browser back with.
    """
    if not code or not hmac.compare_digest(request.cookies.get(_STATE_COOKIE, "").encode(), state.encode()):
        # Somebody has stopped at the provider, or another browser began this log-in.
        back = RedirectResponse(f"{_PAGE}?sign-in=STOPPED", 302)
    else:
        try:
            identity = await credentials.openid.arrive(name, state, code)
            await sign_in.start(await credentials.account_of(sign_in.caller, identity))
            back = RedirectResponse(_PAGE, 302)
        except NotFound:
            raise
        except Fault as fault:
            back = _back_with(fault)
    for cookie in response.headers.getlist("set-cookie"):
        back.headers.append("set-cookie", cookie)
    back.delete_cookie(_STATE_COOKIE, path=_COOKIE_PATH)
    return back


def _back_with(fault: Fault) -> RedirectResponse:
    """Return the redirect to the page, which tells a person what went wrong."""
    return RedirectResponse(f"{_PAGE}?sign-in={quote(fault.reason)}", 302)
