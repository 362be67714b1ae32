"""The application: everything wired once, started in order and stopped in the other."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dbos import DBOS
from fastapi import FastAPI
from fastapi.routing import APIRoute
from servicekit import logs
from servicekit.faults import NotReady

from gateway import context
from gateway.api import problems
from gateway.api.middleware import Edge, RateLimit
from gateway.api.routes import browse, files, generate, health, jobs, playback, upload, web
from gateway.api.schemas.responses import Problem
from gateway.audio.audio_cache import AudioCache
from gateway.clients.service_clients import Services
from gateway.clients.style_catalog import StyleBook
from gateway.context import Desk
from gateway.files.file_service import Pieces
from gateway.files.file_type import MAX_MIDI_BYTES
from gateway.files.section_cache import SectionBook
from gateway.gallery.catalog import Shelf
from gateway.readiness import Readiness
from gateway.settings import Settings
from gateway.storage import database
from gateway.storage.artifacts import open_store
from gateway.storage.idempotency import Promises
from gateway.storage.repository import Records
from gateway.workflows import workflow
from gateway.workflows.job_service import Jobs

DATA_VERSION = 1
"""Of the data folder: its file ``VERSION`` says it."""

_FORM_BYTES = 64 * 1024
_RECORDINGS_AT_ONCE = 2
"""Recordings of the largest size in one upload: the two that a blend takes."""
_SWEEP_EVERY_S = 3600.0


def build(settings: Settings) -> FastAPI:
    """Make the application; its parts are opened when it starts."""
    app = FastAPI(
        title="Segue",
        version="0.1.0",
        description="Blends two pieces of music, generates new ones, and blends those.",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        responses={"default": {"model": Problem, "description": "A problem (RFC 9457)."}},
    )
    app.state.settings = settings
    for module in (upload, files, generate, jobs, playback, browse, health, web):
        app.include_router(module.router)
    problems.install(app)
    app.add_middleware(web.PageOrData)
    of_midi, of_audio = MAX_MIDI_BYTES + 1024 * 1024, _RECORDINGS_AT_ONCE * settings.max_audio_bytes
    max_body_bytes = settings.max_upload_files * of_midi + of_audio + _FORM_BYTES
    app.add_middleware(Edge, rate=RateLimit(settings.rate_limit_per_minute), max_body_bytes=max_body_bytes)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    await asyncio.to_thread(_open_data, settings.data)
    # Uploads pass through files without a name: on the data folder's disk, for /tmp is memory on many machines.
    tempfile.tempdir = str(settings.data)
    engine = await asyncio.to_thread(database.connect, settings.engine_url)
    services = Services(settings)
    store = open_store(settings)
    records = Records(engine)
    pieces = Pieces(services, store, records, settings.keep_days * 86400)
    slots, hearing_slots = (asyncio.Semaphore(settings.jobs_at_once) for _ in range(2))
    work = Desk(settings, services, store, records, pieces, slots, hearing_slots)
    context.lay(work)
    app.state.desk = work
    app.state.jobs = Jobs(work)
    app.state.promises = Promises(records)
    app.state.audio = AudioCache(
        services, settings.data / "audio", settings.audio_cache_bytes, settings.store_spare_bytes
    )
    app.state.styles = StyleBook(services)
    app.state.sections = SectionBook(work)
    app.state.shelf = Shelf(work, settings.gallery)
    app.state.readiness = Readiness(work, app.state.shelf)
    workflow.launch(settings, engine)
    background = [
        asyncio.ensure_future(app.state.readiness.watch()),
        asyncio.ensure_future(_keep_house(app.state.jobs)),
    ]
    try:
        yield
    finally:
        await _stop(app, background)
        engine.dispose()


async def _stop(app: FastAPI, background: list[asyncio.Future[None]]) -> None:
    work: Desk = app.state.desk
    for task in background:
        task.cancel()
    await asyncio.wait(background)
    await work.stop()
    await app.state.audio.close()
    await asyncio.to_thread(DBOS.destroy)
    # DBOS had put its own in this place, and has ended it.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    await work.services.close()
    work.records.close()
    context.clear()
    tempfile.tempdir = None


async def _keep_house(jobs: Jobs) -> None:
    """Start what was left behind, and remove what has had its time, now and then."""
    while True:
        try:
            await jobs.resume()
            await jobs.sweep()
        except Exception as error:
            # A store or a database that is away now is there the next time.
            logs.get_logger().warning("sweep.broke", exc_info=error)
        await asyncio.sleep(_SWEEP_EVERY_S)


def _open_data(folder: Path) -> None:
    """Make the data folder, or see that this Segue knows it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "VERSION"
    if not path.exists():
        path.write_text(f"{DATA_VERSION}\n")
    found = path.read_text().strip()
    if not found.isdecimal() or int(found) > DATA_VERSION:
        raise NotReady(f"The data folder is of version {found}; this Segue knows {DATA_VERSION}. Install a later one.")


def _operation_id(route: APIRoute) -> str:
    """Name an operation after its module and function: ``files_get``."""
    module = route.endpoint.__module__.rpartition(".")[2]
    return route.name if route.name == module else f"{module}_{route.name}"
