"""The web page: built files, and the page itself for every address that it understands."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from servicekit import faults
from servicekit.faults import NotFound
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api import markdown
from gateway.api.problems import slug, title

router = APIRouter(include_in_schema=False)

_PAGES_TOO = {"/gallery"}
"""Addresses that are a page for a browser and a resource for a program."""


@router.get("/problems/{name}")
async def problem(name: str, request: Request) -> Response:
    """Explain a kind of problem."""
    kinds = {slug(reason): kind for reason, kind in faults.table().items()}
    if name not in kinds:
        raise NotFound("No problem has this name.")
    kind = kinds[name]
    written = await asyncio.to_thread(_read, request.app.state.settings.problems / f"{kind.reason}.md")
    told = (kind.__doc__ or "").split("\n\n")[0]
    shortly = f"# {title(kind)}\n\n`{kind.reason}`, HTTP {kind.http_status}\n\n{told}"
    return HTMLResponse(markdown.page(title(kind), written or shortly))


@router.head("/{path:path}")
@router.get("/{path:path}")
async def page(path: str, request: Request) -> Response:
    """Give a file of the built page; or the page itself, which shows what its address says."""
    root: Path = request.app.state.settings.web_dist
    file = await asyncio.to_thread(_find, root, path or "index.html")
    if file is None and not _wants_page(request.headers.get("accept", "")):
        raise NotFound("Nothing is at this path.")
    if file is None:
        file = await asyncio.to_thread(_find, root, "index.html")
    if file is None:
        raise NotFound("The web page has not been built. `make run` builds it.")
    # Vite names what it builds by content; only the page itself keeps its name.
    is_named_by_content = file.parent.name == "assets"
    headers = {"Cache-Control": "public, max-age=31536000, immutable" if is_named_by_content else "no-cache"}
    return FileResponse(file, headers=headers)


class PageOrData:
    """Leads a browser that asks for a page past the resource of the same address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in _PAGES_TOO or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        scope["state"]["extra_headers"] = {"Vary": "Accept"}
        if _wants_page(Headers(scope=scope).get("accept", "")):
            scope = {**scope, "path": "/index.html", "raw_path": b"/index.html"}
        await self._app(scope, receive, send)


def _wants_page(accept: str) -> bool:
    return "text/html" in accept


def _find(root: Path, path: str) -> Path | None:
    """Find a file under a folder, never outside it."""
    base = root.resolve()
    try:
        file = (base / path).resolve()
        return file if file.is_relative_to(base) and file.is_file() else None
    except (ValueError, OSError):
        # No file can have such a name: a NUL in it, or too many letters.
        return None


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
