"""The application: composes all parts, starts them in order, and stops them in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dbos import DBOS
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from servicekit import logs
from servicekit.faults import NotReady
from starlette.middleware.gzip import GZipMiddleware

from gateway.accounts.caller import CallerRecognizer
from gateway.accounts.cookies import SessionCookie
from gateway.accounts.credentials import CredentialService
from gateway.accounts.limit_storage import LimitStorage
from gateway.accounts.openid import read_providers
from gateway.accounts.quotas import Quotas, QuotaSettings
from gateway.api import problems
from gateway.api.dependencies import get_caller, recognize
from gateway.api.middleware import GatewayMiddleware, TokenBucketLimiter
from gateway.api.routes import (
    batches,
    browse,
    files,
    generate,
    health,
    jobs,
    library,
    playback,
    shared_pages,
    shares,
    upload,
    web,
)
from gateway.api.routes.credentials import accounts, me, openid, passkeys, sessions, tokens
from gateway.api.schemas.responses import Problem
from gateway.audio.audio_cache import AudioCache
from gateway.batches.batch_service import BatchService
from gateway.clients.service_clients import ServiceClients
from gateway.clients.style_catalog import StyleCatalog
from gateway.context import AppContext, clear_context, set_context
from gateway.files.file_service import FileService
from gateway.files.file_type import MAX_MIDI_BYTES
from gateway.files.section_cache import SectionCache
from gateway.gallery.catalog import Gallery
from gateway.library.library_service import LibraryService
from gateway.library.purger import Purger
from gateway.readiness import ReadinessMonitor
from gateway.settings import Settings
from gateway.sharing.roll_store import RollStore
from gateway.sharing.share_service import ShareService
from gateway.storage import database
from gateway.storage.accounts import AccountRepository
from gateway.storage.artifacts import open_store
from gateway.storage.batches import BatchRepository
from gateway.storage.idempotency import IdempotencyStore
from gateway.storage.queries import QueryRunner
from gateway.storage.repository import Repository
from gateway.storage.shares import ShareRepository
from gateway.workflows import batch_queue, workflow
from gateway.workflows.job_service import JobService

DATA_VERSION = 1
"""Version of the data folder's layout; its file ``VERSION`` has it."""

_FORM_BYTES = 64 * 1024
_MAX_RECORDINGS = 2
"""Recordings of the largest size in one upload: as many as a blend needs."""
_MAINTENANCE_INTERVAL_S = 3600.0


def build(settings: Settings) -> FastAPI:
    """Return the application; its parts are opened when it starts."""
    app = FastAPI(
        title="Segue",
        version="0.2.0",
        description="Blends two pieces of music, generates new ones, and blends those.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        responses={"default": {"model": Problem, "description": "A problem (RFC 9457)."}},
    )
    app.state.settings = settings
    app.state.session_cookie = SessionCookie(settings.origin)
    for module in (upload, files, generate, jobs, batches, library, playback, browse, shares):
        app.include_router(module.router, dependencies=[Depends(get_caller)])
    # Their calls need other scopes, or none: each declares its own.
    for module in (accounts, openid, passkeys, sessions, tokens, me):
        app.include_router(module.router, dependencies=[Depends(recognize)])
    # Open to everybody.
    for module in (health, shared_pages, web):
        app.include_router(module.router)
    problems.register_handlers(app)
    app.add_middleware(web.HtmlNegotiationMiddleware)
    # It leaves events, sound, pictures and fonts as they are; the page's own files are compressed when it is built.
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=5)
    max_midi_bytes, max_audio_bytes = MAX_MIDI_BYTES + 1024 * 1024, _MAX_RECORDINGS * settings.max_audio_bytes
    max_body_bytes = settings.max_upload_files * max_midi_bytes + max_audio_bytes + _FORM_BYTES
    limiter = TokenBucketLimiter(settings.rate_limit_per_minute)
    app.add_middleware(GatewayMiddleware, limiter=limiter, max_body_bytes=max_body_bytes, own_origin=settings.origin)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    await asyncio.to_thread(_init_data_folder, settings.data)
    engine = await asyncio.to_thread(database.connect, settings.engine_url)
    context = _build_context(settings, QueryRunner(engine))
    set_context(context)
    app.state.context = context
    app.state.recognizer = CallerRecognizer(context.accounts, settings.session_days * 86400)
    limit_storage, providers = LimitStorage(context.queries), read_providers(settings.openid.get_secret_value())
    app.state.credentials = CredentialService(context.accounts, limit_storage, providers)
    app.state.quotas = Quotas(context.accounts, limit_storage, _quota_settings(settings))
    app.state.jobs = JobService(context)
    app.state.idempotency = IdempotencyStore(context.repository)
    app.state.audio_cache = AudioCache(
        context.services, settings.data / "audio", settings.audio_cache_bytes, settings.store_spare_bytes
    )
    app.state.style_catalog = StyleCatalog(context.services)
    app.state.section_cache = SectionCache(context)
    app.state.gallery = Gallery(context, settings.gallery)
    purger = Purger(context)
    app.state.library = LibraryService(context, purger)
    app.state.batches = BatchService(context, BatchRepository(context.queries))
    app.state.shares = ShareService(context, ShareRepository(context.queries))
    app.state.rolls = RollStore(context)
    app.state.readiness = ReadinessMonitor(context, app.state.gallery)
    workflow.launch(settings, engine)
    await batch_queue.register(settings)
    background = [
        asyncio.ensure_future(app.state.readiness.watch()),
        asyncio.ensure_future(purger.run()),
        asyncio.ensure_future(_maintenance_loop(app, limit_storage)),
    ]
    try:
        yield
    finally:
        await _stop(app, background)
        engine.dispose()


def _quota_settings(settings: Settings) -> QuotaSettings:
    return QuotaSettings(
        account_bytes=settings.account_bytes,
        anonymous_bytes=settings.anonymous_bytes,
        account_jobs=settings.account_jobs_per_hour,
        address_jobs=settings.address_jobs_per_hour,
    )


def _build_context(settings: Settings, queries: QueryRunner) -> AppContext:
    services = ServiceClients(settings)
    store = open_store(settings)
    repository, accounts = Repository(queries), AccountRepository(queries)
    files = FileService(services, store, repository, settings.keep_days * 86400)
    job_slots, transcription_slots = (asyncio.Semaphore(settings.jobs_at_once) for _ in range(2))
    stores = (store, queries, repository, accounts)
    return AppContext(settings, services, *stores, files, job_slots, transcription_slots)


async def _stop(app: FastAPI, background: list[asyncio.Future[None]]) -> None:
    context: AppContext = app.state.context
    for task in background:
        task.cancel()
    await asyncio.wait(background)
    await context.stop()
    await app.state.audio_cache.close()
    await asyncio.to_thread(DBOS.destroy)
    # DBOS had replaced the loop's default executor by its own, which it has shut down.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    await context.services.close()
    app.state.credentials.close()
    context.queries.close()
    clear_context()


async def _maintenance_loop(app: FastAPI, limit_storage: LimitStorage) -> None:
    """Periodically resume orphaned jobs and delete expired data."""
    context: AppContext = app.state.context
    while True:
        try:
            await app.state.jobs.resume()
            await app.state.jobs.sweep()
            await app.state.batches.sweep()
            await app.state.shares.sweep()
            now_s = time.time()
            await limit_storage.sweep(now_s)
            await context.accounts.sweep(now_s, now_s - context.settings.keep_days * 86400)
        except Exception as error:
            # A store or a database that is unavailable now will be available later.
            logs.get_logger().warning("sweep.broke", exc_info=error)
        await asyncio.sleep(_MAINTENANCE_INTERVAL_S)


def _init_data_folder(folder: Path) -> None:
    """Create the data folder, or check that this Segue knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    # It holds what belongs to accounts: nobody else on this machine may read it.
    with contextlib.suppress(PermissionError):
        folder.chmod(0o700)
    path = folder / "VERSION"
    if not path.exists():
        path.write_text(f"{DATA_VERSION}\n")
    found = path.read_text().strip()
    if not found.isdecimal() or int(found) > DATA_VERSION:
        raise NotReady(
            f"The data folder has version {found}; this Segue supports up to {DATA_VERSION}. Install a later one."
        )


def _operation_id(route: APIRoute) -> str:
    """Return the id of an operation, from its module and function: ``files_get``."""
    module = route.endpoint.__module__.rpartition(".")[2]
    return route.name if route.name == module else f"{module}_{route.name}"
