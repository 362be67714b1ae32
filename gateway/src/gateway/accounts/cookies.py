"""The cookie of a session.

Its name begins with ``__Host-`` where the page is served over https: browsers then accept it only with the flag Secure,
for this host alone and not for its subdomains. Without https, as on one's own machine, browsers refuse such a name.
"""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

from starlette.requests import HTTPConnection

_NAME = "segue_session"
_MAX_AGE_S = 400 * 86400
"""The longest time for which browsers keep a cookie. The session itself ends earlier if it is not used."""


class SessionCookie:
    """Reads the cookie of calls, and writes the header that sets or clears it.

    Parameters
    ----------
    origin : str
        The address that people see, such as ``https://segue.example``; empty if calls show it.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def read(self, call: HTTPConnection) -> str | None:
        """Return the secret that a call's cookie holds; None without a cookie."""
        return call.cookies.get(self._name(call)) or None

    def set(self, call: HTTPConnection, secret: str) -> str:
        """Return the header ``Set-Cookie`` for a session."""
        return self._header(call, secret, _MAX_AGE_S)

    def clear(self, call: HTTPConnection) -> str:
        """Return the header ``Set-Cookie`` that lets the browser forget its session."""
        return self._header(call, "", 0)

    def _header(self, call: HTTPConnection, secret: str, max_age_s: int) -> str:
        name = self._name(call)
        cookie: SimpleCookie = SimpleCookie({name: secret})
        flags: dict[str, Any] = {"path": "/", "httponly": True, "samesite": "Lax", "max-age": max_age_s}
        cookie[name].update(flags | ({"secure": True} if self._is_secure(call) else {}))
        return cookie[name].OutputString()

    def _name(self, call: HTTPConnection) -> str:
        return f"__Host-{_NAME}" if self._is_secure(call) else _NAME

    def _is_secure(self, call: HTTPConnection) -> bool:
        return call.url.scheme == "https" or self._origin.startswith("https://")
