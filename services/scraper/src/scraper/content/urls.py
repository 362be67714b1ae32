"""URLs: their normalized form, the parts that identify a host or a site, and what an address suggests."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

MAX_URL_CHARACTERS = 2048

MIDI_SUFFIXES = (".mid", ".midi", ".kar", ".smf", ".rmi")
ARCHIVE_SUFFIXES = (".zip", ".mid.gz", ".midi.gz", ".kar.gz", ".rmi.gz")

DEFAULT_PORTS = {"http": 80, "https": 443}

_OTHER_FILE_TYPES = re.compile(
    r"\.(7z|aac|apk|avi|bmp|css|csv|docx?|eot|exe|flac|gif|gz|ico|iso|jpe?g|js|json|m4a|mov|mp[34]|mpe?g|og[gv]|otf|pdf"
    r"|png|pptx?|rar|rss|svg|tar|tiff?|ttf|wasm|wav|webm|webp|wm[av]|woff2?|xlsx?)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\t\n\r]")
_ASCII_HOST = re.compile(r"[a-z0-9_.-]+")
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_SESSION_PARAMETER = re.compile(
    r"(?:^|(?<=[&;]))(?:phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|session_?id|zenid|oscsid"
    r"|(?:sid|s)(?==[0-9a-f]{16,}(?:[&;]|$))|utm_\w+|fbclid|gclid)=[^&;]*(?:[&;]|$)",
    re.IGNORECASE,
)
_DIRECTORY_ORDER = re.compile(r"(?:C=[NMSD];?(?:&|;)?O=[AD]|[NMSD]=[AD])", re.IGNORECASE)

_MAX_SEGMENTS = 24
_MAX_REPEATS = 3
_MAX_PARAMETERS = 12


def normalize_url(url: str, base: str = "", encoding: str = "utf-8") -> str | None:
    """Return the normalized form of an address, in which addresses are compared.

    Parameters
    ----------
    url : str
        Absolute, or relative to ``base``.
    base : str
        Address of the page.
    encoding : str
        Encoding of the page, in which browsers send the query.

    Returns
    -------
    str or None
        Absolute; host in lower case and ASCII, no default port, no fragment, no session id. None if it is not http or
        https, has no host, has a user name, or is not a valid address.
    """
    try:
        parts = urlsplit(urljoin(base, _clean(url)))
        netloc = _netloc(parts)
    except (ValueError, UnicodeError):
        return None
    if netloc is None:
        return None
    path = _SESSION_PATH.sub("", _without_dots(parts.path) or "/")
    query = parts.query
    if query:
        query = "" if _DIRECTORY_ORDER.fullmatch(query) else _SESSION_PARAMETER.sub("", query).rstrip("&;")
    normalized = f"{parts.scheme}://{netloc}{_escaped(path, 'utf-8')}"
    if query:
        normalized += f"?{_escaped(query, encoding)}"
    return normalized if len(normalized) <= MAX_URL_CHARACTERS else None


def _clean(url: str) -> str:
    """Remove what browsers remove: white space around, line breaks within; a backslash is a slash."""
    text = url.strip(" \t\n\r\f\v\0")
    if "\n" in text or "\t" in text or "\r" in text:
        text = _CONTROL.sub("", text)
    path, mark, rest = text.partition("?")
    return path.replace("\\", "/") + mark + rest if "\\" in path else text


def _netloc(parts: SplitResult) -> str | None:
    """Return host and port, or None if the address has no host that can be read."""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    if "[" in parts.netloc and ":" not in parts.hostname:
        return None
    host = _ascii_host(parts.hostname)
    if host is None:
        return None
    port = parts.port
    return host if port is None or port == DEFAULT_PORTS[parts.scheme] else f"{host}:{port}"


@lru_cache(maxsize=1024)
def _ascii_host(host: str) -> str | None:
    if ":" in host:
        return f"[{ip_address(host).compressed}]" if "%" not in host else None
    if not _ASCII_HOST.fullmatch(host):
        try:
            host = idna.encode(host, uts46=True).decode("ascii").lower()
        except idna.IDNAError:
            return None
    return host if len(host) <= 253 and all(len(label) <= 63 for label in host.split(".")) else None


def _without_dots(path: str) -> str:
    """Resolve ``.`` and ``..`` in the path of an absolute address."""
    if "/." not in path:
        return path
    resolved: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del resolved[-1:]
        elif segment != ".":
            resolved.append(segment)
    if segments[-1] in {".", ".."}:
        resolved.append("")
    return "/" + "/".join(resolved)


def _escaped(text: str, encoding: str) -> str:
    try:
        return quote(text, safe="%/:=&?~+!$,;'()*@[]|", encoding=encoding, errors="strict")
    except (UnicodeError, LookupError):
        return quote(text, safe="%/:=&?~+!$,;'()*@[]|", encoding="utf-8", errors="replace")


def origin(url: str) -> str:
    """Return scheme, host and port: what one robots.txt applies to."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{_authority(rest)}"


def host_name(url: str) -> str:
    """Return the host without its port: what one throttle applies to."""
    authority = _authority(url.partition("://")[2])
    return authority.rpartition("]")[0] + "]" if authority.startswith("[") else authority.partition(":")[0]


def site(url: str) -> str:
    """Return the host without ``www.``, and the port unless it is the default: what a crawl's scope consists of."""
    return _authority(url.partition("://")[2]).removeprefix("www.")


def target(url: str) -> str:
    """Return path and query: what a request asks of its host."""
    rest = url.partition("://")[2]
    return rest[len(_authority(rest)) :] or "/"


def _authority(rest: str) -> str:
    end = min((index for index in (rest.find("/"), rest.find("?")) if index >= 0), default=len(rest))
    return rest[:end]


def _path(url: str) -> str:
    return target(url).partition("?")[0]


def is_archive_url(url: str) -> bool:
    """Return whether the file name of an address is that of an archive or a compressed MIDI file."""
    return _path(url).lower().endswith(ARCHIVE_SUFFIXES)


def is_midi_or_archive_url(url: str) -> bool:
    """Return whether an address names a MIDI file or an archive: in its path, or at the end of its query."""
    return target(url).lower().endswith(MIDI_SUFFIXES + ARCHIVE_SUFFIXES) or _path(url).lower().endswith(
        MIDI_SUFFIXES + ARCHIVE_SUFFIXES
    )


def is_worth_fetching(url: str) -> bool:
    """Return whether an address may be a page, a MIDI file or an archive, by its file name.

    Addresses that repeat their own segments, or grow without an end, lead into traps.
    """
    path = _path(url)
    if _OTHER_FILE_TYPES.search(path) is not None and not path.lower().endswith(ARCHIVE_SUFFIXES):
        return path.lower().endswith(".xml.gz")
    segments = [segment for segment in path.split("/") if segment]
    is_repeated = len(segments) > _MAX_REPEATS and max(map(segments.count, set(segments))) > _MAX_REPEATS
    return len(segments) <= _MAX_SEGMENTS and not is_repeated and url.count("&") < _MAX_PARAMETERS


_NUMBER = re.compile(r"\d+|%[0-9a-f]{2}", re.IGNORECASE)
_VALUE = re.compile(r"=[^&;]*")


def url_pattern(url: str) -> str:
    """Return an address with its numbers and the values of its query left out: what endless pages have in common.

    Examples
    --------
    >>> url_pattern("http://a.test/calendar/2024/05?day=7")
    'http://a.test/calendar/0/0?day='
    """
    path, mark, query = url.partition("?")
    return _NUMBER.sub("0", path) + mark + _VALUE.sub("=", query)
