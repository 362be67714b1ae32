"""``/p/{slug}``: the light page of a shared piece, and what it plays, shows and offers. Open to everybody."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from servicekit.faults import Fault, NotFound, ShareEnded

from gateway.accounts.caller import Scope, new_account
from gateway.api.dependencies import AudioCacheDep, ContextDep, QuotasDep, RollsDep, SharesDep, Slug, problems
from gateway.api.routes import playback
from gateway.api.routes.playback import ConditionsDep
from gateway.api.routes.shares import share_url
from gateway.api.schemas import responses
from gateway.api.schemas.audio_params import DownloadParams, PlayParams
from gateway.api.schemas.conversions import to_file, to_piano_roll
from gateway.api.sign_in import SignIn
from gateway.sharing import light_page, texts
from gateway.sharing.description import describe
from gateway.sharing.roll_marks import RollMarks
from gateway.sharing.roll_store import RollStore
from gateway.sharing.share_service import SharedPiece

router = APIRouter(prefix="/p")

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self'; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)
_PAGE_HEADERS = {
    "Content-Security-Policy": f"{_POLICY}'none'",
    # Without a referrer, browsers send the form's call as one of no origin, which is refused.
    "Referrer-Policy": "same-origin",
}
_EMBED_HEADERS: dict[str, str | None] = {
    "Content-Security-Policy": f"{_POLICY}*",
    "X-Frame-Options": None,
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_VARY = {"Vary": "Accept, Accept-Language"}
_SHORT_CACHE = "public, max-age=300"
"""An ended link is seen to have ended within five minutes."""

_Responses = dict[int | str, dict[str, Any]]
_HTML: _Responses = {200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "The page."}}
_PNG: _Responses = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}, "description": "PNG."}
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_AUDIO: _Responses = {200: {"content": {"audio/*": _BINARY}, "description": "The whole piece."}}
_FILE: _Responses = {200: {"content": {"application/octet-stream": _BINARY}, "description": "The whole file."}}
_SEE_OTHER: _Responses = {303: {"description": "For a form: `Location` is the page with the copy as piece A."}}
_SVG: _Responses = {200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}, "description": "SVG."}}
_SCRIPT: _Responses = {
    200: {"content": {"text/javascript": {"schema": {"type": "string"}}}, "description": "The script."}
}


@router.get("/cursor.js", include_in_schema=False)
async def cursor_script() -> Response:
    """Return the script that moves the cursor of the roll."""
    return Response(
        light_page.SCRIPTS["cursor.js"], media_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@router.get("/segue-player.js", response_class=Response, responses=_SCRIPT)
async def player_script(request: Request) -> Response:
    """Return the script of the element `segue-player`, which shows the player of a shared piece on any site."""
    request.state.extra_headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(light_page.SCRIPTS["segue-player.js"], media_type="text/javascript", headers=headers)


@router.head("/{slug}", include_in_schema=False)
@router.get("/{slug}", response_class=HTMLResponse, responses=_HTML | problems(404, 410))
async def page(request: Request, slug: Slug, context: ContextDep, shares: SharesDep, rolls: RollsDep) -> Response:
    """Show a shared piece on a light page: player, notes, parents, downloads.

    \f

    Parameters
    ----------
    request : Request
        The call.
    slug : str
        The last part of the link.
    context : AppContext
        The application context.
    shares : ShareService
        Finds the piece.
    rolls : RollStore
        Rolls of pieces.
    """
    request.state.extra_headers = dict(_PAGE_HEADERS)
    language = texts.choose(request.headers.get("accept-language", ""))
    try:
        shared = await shares.open(slug)
    except NotFound as fault:
        return _closed(request, fault, language)
    roll = await _roll_or_none(rolls, shared)
    url = share_url(request, context.settings, slug)
    return HTMLResponse(light_page.render_piece(shared, roll, url, language), headers=_VARY)


@router.get("/{slug}/embed", response_class=HTMLResponse, responses=_HTML | problems(404, 410))
async def embed(request: Request, slug: Slug, context: ContextDep, shares: SharesDep, rolls: RollsDep) -> Response:
    """Show the player of a shared piece alone, for an `iframe` on any site.

    \f

    Parameters
    ----------
    request : Request
        The call.
    slug : str
        The last part of the link.
    context : AppContext
        The application context.
    shares : ShareService
        Finds the piece.
    rolls : RollStore
        Rolls of pieces.
    """
    request.state.extra_headers = dict(_EMBED_HEADERS)
    language = texts.choose(request.headers.get("accept-language", ""))
    try:
        shared = await shares.open(slug)
    except NotFound as fault:
        return _closed(request, fault, language)
    roll = await _roll_or_none(rolls, shared)
    url = share_url(request, context.settings, slug)
    return HTMLResponse(light_page.render_embed(shared, roll, url, language), headers=_VARY)


@router.head("/{slug}/picture.png", include_in_schema=False)
@router.get("/{slug}/picture.png", response_class=Response, responses=_PNG | problems(404, 410, 503))
async def picture(request: Request, slug: Slug, shares: SharesDep, rolls: RollsDep) -> Response:
    """Return the picture of a shared piece's notes, 1200 x 630, which chats and social networks show with a link.

    \f

    Parameters
    ----------
    request : Request
        The call.
    slug : str
        The last part of the link.
    shares : ShareService
        Finds the piece.
    rolls : RollStore
        Pictures of pieces.
    """
    request.state.extra_headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
    shared = await shares.open(slug)
    description = describe(shared.row, shared.piece, texts.LANGUAGES["en"])
    png = await rolls.picture(shared, description)
    return Response(png, media_type="image/png", headers={"Cache-Control": _SHORT_CACHE})


@router.get("/{slug}/qr.svg", response_class=Response, responses=_SVG | problems(404, 410))
async def qr_code(request: Request, slug: Slug, context: ContextDep, shares: SharesDep) -> Response:
    """Return the link to a shared piece as a QR code, for a poster or a class.

    \f

    Parameters
    ----------
    request : Request
        The call.
    slug : str
        The last part of the link.
    context : AppContext
        The application context.
    shares : ShareService
        Finds the link.
    """
    share = await shares.find(slug)
    svg = light_page.qr_code(share_url(request, context.settings, share.slug), is_file=True)
    return Response(svg, media_type="image/svg+xml", headers={"Cache-Control": _SHORT_CACHE})


@router.get("/{slug}/notes", responses=problems(404, 410, 503))
async def notes(slug: Slug, context: ContextDep, shares: SharesDep) -> responses.PianoRoll:
    """Return the notes of a shared piece."""
    shared = await shares.open(slug)
    return to_piano_roll(await context.files.inspect_notes(shared.piece))


@router.head("/{slug}/play", include_in_schema=False)
@router.get("/{slug}/play", response_class=Response, responses=_AUDIO | problems(404, 410, 416, 422, 429, 503, 504))
async def play(
    request: Request,
    slug: Slug,
    context: ContextDep,
    shares: SharesDep,
    audio_cache: AudioCacheDep,
    conditions: ConditionsDep,
    params: Annotated[PlayParams, Query()],
) -> Response:
    """Play a shared piece, as `/play` does.

    \f

    Parameters
    ----------
    request : Request
        The call, which may be GET or HEAD.
    slug : str
        The last part of the link.
    context : AppContext
        The application context.
    shares : ShareService
        Finds the piece.
    audio_cache : AudioCache
        Rendered audio.
    conditions : ConditionalHeaders
        Range and conditional headers.
    params : RenderParams
        How to render the piece.
    """
    shared = await shares.open(slug)
    return await playback.send_playback(request, shared.row, context, audio_cache, conditions, params)


@router.head("/{slug}/download", include_in_schema=False)
@router.get("/{slug}/download", response_class=Response, responses=_FILE | problems(404, 410, 416, 422, 429, 503, 504))
async def download(
    request: Request,
    slug: Slug,
    context: ContextDep,
    shares: SharesDep,
    audio_cache: AudioCacheDep,
    conditions: ConditionsDep,
    params: Annotated[DownloadParams, Query()],
) -> Response:
    """Download a shared piece, as `/download` does.

    \f

    Parameters
    ----------
    request : Request
        The call, which may be GET or HEAD.
    slug : str
        The last part of the link.
    context : AppContext
        The application context.
    shares : ShareService
        Finds the piece.
    audio_cache : AudioCache
        Rendered audio.
    conditions : ConditionalHeaders
        Range and conditional headers.
    params : DownloadParams
        File format, and how to render the piece.
    """
    shared = await shares.open(slug)
    return await playback.send_download(request, shared.row, context, audio_cache, conditions, params)


@router.post("/{slug}/remix", status_code=201, responses=_SEE_OTHER | problems(404, 410, 507))
async def remix(
    request: Request,
    response: Response,
    slug: Slug,
    shares: SharesDep,
    quotas: QuotasDep,
    sign_in: Annotated[SignIn, Depends()],
) -> responses.File:
    """Copy a shared piece into the caller's own library. A browser's form is led to the copy on the page.

    \f

    Parameters
    ----------
    request : Request
        The call.
    response : Response
        The response, whose status a form's call gets.
    slug : str
        The last part of the link.
    shares : ShareService
        Finds and copies the piece.
    quotas : Quotas
        What the caller may store.
    sign_in : SignIn
        Makes an account for a browser that has none, as the page does before it changes anything.
    """
    caller, is_form = sign_in.caller, "text/html" in request.headers.get("accept", "")
    caller.require(Scope.WRITE)
    shared = await shares.open(slug)
    if is_form and caller.account_id is None:
        account = new_account()
        caller = await sign_in.start(account.account_id, account)
    await quotas.check_bytes(caller, shared.piece.byte_count)
    copy = await shares.copy(shared, caller.account_id)
    if is_form:
        response.status_code = 303
        response.headers["Location"] = f"/fuse?method=vae&a={copy.file_id}"
    return to_file(copy)


def _closed(request: Request, fault: Fault, language: texts.Texts) -> Response:
    """Return the page of a link that leads nowhere; a program gets the problem."""
    if "text/html" not in request.headers.get("accept", ""):
        raise fault
    has_ended = isinstance(fault, ShareEnded)
    content = light_page.render_ended(language) if has_ended else light_page.render_unknown(language)
    return HTMLResponse(content, fault.http_status, _VARY)


async def _roll_or_none(rolls: RollStore, shared: SharedPiece) -> RollMarks | None:
    """Return the notes; None while the transposer is away: the piece may still play."""
    try:
        return await rolls.roll(shared)
    except Fault:
        return None
