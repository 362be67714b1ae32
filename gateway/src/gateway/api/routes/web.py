"""The web page: its built files, the page itself for every address that it handles, and the pages of problems."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from servicekit import faults
from servicekit.faults import Fault, NotFound
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api import markdown
from gateway.domain.problem import slug, title

router = APIRouter(include_in_schema=False)

_NEGOTIATED_PATHS = {"/gallery", "/library"}
"""Paths that are a page for a browser and a resource for a program."""


@router.get("/problems/{name}")
async def problem(name: str, request: Request) -> Response:
    """Explain a kind of problem."""
    kinds = {slug(reason): kind for reason, kind in faults.table().items()}
    if name not in kinds:
        raise NotFound("No problem has this name.")
    kind = kinds[name]
    text = await asyncio.to_thread(_read, request.app.state.settings.problems / f"{kind.reason}.md")
    return HTMLResponse(markdown.render_page(title(kind), text or _default_text(kind)))


@router.head("/{path:path}")
@router.get("/{path:path}")
async def page(path: str, request: Request) -> Response:
    """Return a file of the built page; or the page itself, which displays what its address names."""
    root: Path = request.app.state.settings.web_dist
    file = await asyncio.to_thread(_find, root, path or "index.html")
    if file is None and not _accepts_html(request.headers.get("accept", "")):
        raise NotFound("Nothing is at this path.")
    if file is None:
        file = await asyncio.to_thread(_find, root, "index.html")
    if file is None:
        raise NotFound("The web page has not been built. `make run` builds it.")
    # Vite names its output by content; only the page itself keeps its name.
    has_content_hash = file.parent.name == "assets"
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if has_content_hash else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if file.name == "index.html":
        headers |= await asyncio.to_thread(_preload_header, root, getattr(request.state, "page_path", f"/{path}"))
    compressed = file.with_name(f"{file.name}.br")
    if _accepts_brotli(request.headers.get("accept-encoding", "")) and await asyncio.to_thread(compressed.is_file):
        media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return FileResponse(compressed, media_type=media_type, headers={**headers, "Content-Encoding": "br"})
    return FileResponse(file, headers=headers)


class HtmlNegotiationMiddleware:
    """Sends the page to a browser that requests a path which is a resource for programs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in _NEGOTIATED_PATHS or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        if _accepts_html(Headers(scope=scope).get("accept", "")):
            scope["state"]["page_path"] = scope["path"]
            scope = {**scope, "path": "/index.html", "raw_path": b"/index.html"}

        async def send_varied(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).add_vary_header("Accept")
            await send(message)

        await self._app(scope, receive, send_varied)


def _preload_header(root: Path, path: str) -> dict[str, str]:
    """Return a header that names the scripts of a page, so that a browser need not read others first to find them."""
    file = root / "preloads.json"
    scripts: dict[str, list[str]] = json.loads(file.read_text()) if file.is_file() else {}
    links = [f"<{script}>; rel=modulepreload" for script in scripts.get(path, [])]
    return {"Link": ", ".join(links)} if links else {}


def _accepts_brotli(accept_encoding: str) -> bool:
    return "br" in {part.partition(";")[0].strip() for part in accept_encoding.split(",")}


def _accepts_html(accept: str) -> bool:
    return "text/html" in accept


def _default_text(kind: type[Fault]) -> str:
    """Return the text for a kind of problem without a page: its title, reason, status and description."""
    description = (kind.__doc__ or "").split("\n\n")[0]
    return f"# {title(kind)}\n\n`{kind.reason}`, HTTP {kind.http_status}\n\n{description}"


def _find(root: Path, path: str) -> Path | None:
    """Return a file in a folder, never outside it; None if there is none."""
    base = root.resolve()
    try:
        file = (base / path).resolve()
        return file if file.is_relative_to(base) and file.is_file() else None
    except (ValueError, OSError):
        # No file can have such a name: it has a NUL byte, or is too long.
        return None


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
