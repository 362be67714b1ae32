"""The origin check: a page of another site must not make a browser change something here.

The session's cookie is SameSite=Lax, so that browsers do not send it with such calls. This check is a second line of
defense, and the only one for calls without a cookie, such as a foreign form that fills the store.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from servicekit.faults import ForeignOrigin
from starlette.datastructures import Headers

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_OWN_SITES = {"same-origin", "none"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_origin(method: str, headers: Headers, own_origin: str) -> None:
    """Check that no page of another origin made a call that may change something.

    Scripts send neither ``Origin`` nor ``Sec-Fetch-Site``; browsers send at least one with such calls.

    Parameters
    ----------
    method : str
        The HTTP method.
    headers : Headers
        The call's headers.
    own_origin : str
        The address that people see, such as ``https://segue.example``; besides it, the ``Host`` of the call is ours.

    Raises
    ------
    ForeignOrigin
        If the call comes from another origin.
    """
    if method in _SAFE_METHODS:
        return
    origin = headers.get("origin")
    if origin is not None:
        if not _is_own(origin, headers.get("host", ""), own_origin):
            raise ForeignOrigin("A page of another site sent this call. Open Segue itself.", origin=origin[:200])
    elif headers.get("sec-fetch-site", "none") not in _OWN_SITES:
        raise ForeignOrigin("A page of another site sent this call. Open Segue itself.")


def _is_own(origin: str, host: str, own_origin: str) -> bool:
    """Return whether an origin is that of this server. The schemes may differ: a proxy may have ended TLS."""
    try:
        parts = urlsplit(origin)
        if own_origin and origin.rstrip("/").lower() == own_origin.rstrip("/").lower():
            return True
        expected = urlsplit(f"{parts.scheme}://{host}")
        return bool(host) and parts.scheme in _DEFAULT_PORTS and _address(parts) == _address(expected)
    except ValueError:
        return False


def _address(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
