"""Signing in: a new session, whose cookie the response sets."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from gateway.accounts.caller import ALL_SCOPES, Caller, new_secret, new_session
from gateway.api.dependencies import ContextDep, RecognizedDep, SessionCookieDep
from gateway.storage.accounts import AccountRow


class SignIn:
    """Starts sessions; a dependency of the routes that do.

    Parameters
    ----------
    request : Request
        The call.
    response : Response
        Its response. A route that makes a response of its own takes the headers from this one.
    context : AppContext
        The application context.
    cookie : SessionCookie
        The cookie of sessions.
    caller : Caller
        Who makes the call, before.
    """

    def __init__(
        self,
        request: Request,
        response: Response,
        context: ContextDep,
        cookie: SessionCookieDep,
        caller: RecognizedDep,
    ) -> None:
        self.caller: Caller = caller
        self._request = request
        self._response = response
        self._context = context
        self._cookie = cookie

    async def start(self, account_id: str, new_account: AccountRow | None = None) -> Caller:
        """Start a session, and return the caller as it is from now on. The session before, if any, ends.

        An anonymous account that the caller had before is merged into the new one: what was made before a log-in is
        there after it.

        Parameters
        ----------
        account_id : str
            The account.
        new_account : AccountRow or None
            The account, if it is to be created with the session.
        """
        accounts, secret = self._context.accounts, new_secret()
        device = self._request.headers.get("user-agent", "")
        session = new_session(account_id, secret, device, self._context.settings.session_days * 86400)
        await accounts.insert(*([new_account] if new_account else []), session)
        before = self.caller
        if before.account_id is not None and before.session_id is not None:
            await accounts.delete_session(before.account_id, before.session_id)
            if before.account_id != account_id and not await accounts.is_lasting(before.account_id):
                await accounts.merge(before.account_id, account_id)
        self._response.headers.append("Set-Cookie", self._cookie.set(self._request, secret))
        session_id = session.session_id
        return Caller(account_id=account_id, session_id=session_id, scopes=ALL_SCOPES, address=before.address)

    def stop(self) -> None:
        """Let the browser forget its session."""
        self._response.headers.append("Set-Cookie", self._cookie.clear(self._request))


SignInDep = Annotated[SignIn, Depends()]
