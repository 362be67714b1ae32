"""Two gateways on one PostgreSQL: the same sessions, library and quotas on both, and a log-out on one ends all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
from pydantic import SecretStr

MIDI = b"MThd" + bytes(60)
PASSWORD = "correct horse battery staple"


@contextlib.asynccontextmanager
async def second_gateway(fakes: Any, postgres_url: str, **changes: str) -> AsyncIterator[str]:
    """Run a gateway as a process of its own on the same database and store; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = fakes.settings(port=port)
    names = {"port", "data", "gallery", "web_dist"}
    names |= {name for name in type(settings).model_fields if name.endswith("_target")}
    chosen = {f"SEGUE_{name.upper()}": str(getattr(settings, name)) for name in names}
    chosen |= {"SEGUE_DATABASE_URL": postgres_url, "SEGUE_EXECUTOR_ID": "second", **changes}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")} | chosen
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            while True:
                assert running.returncode is None, "the gateway ended"
                with contextlib.suppress(httpx.ConnectError):
                    if (await client.get("/health/live")).status_code == 200:
                        break
        yield str(client.base_url)
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


@contextlib.asynccontextmanager
async def browser_at(url: object, cookies: httpx.Cookies | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a browser at a gateway, with the cookies of another one."""
    async with httpx.AsyncClient(base_url=str(url), timeout=30, cookies=cookies) as browser:
        yield browser


async def test_two_gateways_are_one_to_their_users(fakes: Any, empty_postgres_url: str) -> None:
    url = empty_postgres_url.replace("postgresql+psycopg://", "postgresql://")
    limits = {"account_jobs_per_hour": 3}
    async with (
        fakes.gateway(database_url=SecretStr(url), **limits) as client,
        second_gateway(fakes, url, SEGUE_ACCOUNT_JOBS_PER_HOUR="3") as second,
        browser_at(client.base_url) as here,
    ):
        name = {"name": "alice", "password": PASSWORD}
        me = (await here.post("/accounts", json=name)).json()
        async with browser_at(second, here.cookies) as there:
            # One session.
            assert (await there.get("/me")).json() == me
            # One library.
            (uploaded,) = await fakes.upload(here, MIDI)
            job = await fakes.wait_for_end(there, (await there.post("/generate/gan", json={})).json()["job_id"])
            libraries = [(await browser.get("/library")).json() for browser in (here, there)]
            assert libraries[0] == libraries[1]
            listed = {item["file_id"] for item in libraries[0]["items"]}
            assert listed == {uploaded, job["results"][0]["file_id"]}
            assert (await there.get(f"/download/{uploaded}")).content == MIDI
            renamed = await there.patch(f"/files/{uploaded}", json={"name": "Renamed there"})
            assert renamed.status_code == 200
            assert (await here.get(f"/files/{uploaded}")).json()["name"] == renamed.json()["name"]
            # One quota: what is started on either side counts for both.
            assert [(await browser.post("/generate/gan", json={})).status_code for browser in (here, there)] == [
                202
            ] * 2
            for browser in (here, there):
                refused = await browser.post("/generate/gan", json={})
                assert (refused.status_code, refused.json()["facts"]["remaining"]) == (429, 0)
            # One key of idempotency.
            key = {"Idempotency-Key": "one"}
            files = {"files": ("a.mid", MIDI, "audio/midi")}
            both = [(await browser.post("/upload", files=files, headers=key)).json() for browser in (here, there)]
            assert both[0]["files"][0]["file_id"] == both[1]["files"][0]["file_id"]
            # One log-out.
            assert len((await there.get("/sessions")).json()["sessions"]) == 1
            assert (await here.delete("/sessions")).status_code == 204
            assert (await there.get(f"/files/{uploaded}")).status_code == 404
            assert (await there.get("/sessions")).status_code == 401
        async with browser_at(second) as again:
            assert (await again.post("/sessions", json=name)).status_code == 201
            token = (await again.post("/tokens", json={"name": "script", "scopes": ["read"]})).json()
            header = {"Authorization": f"Bearer {token['token']}"}
            assert (await client.get(f"/files/{uploaded}", headers=header)).status_code == 200
            assert (await again.delete(f"/tokens/{token['token_id']}")).status_code == 204
            assert (await client.get(f"/files/{uploaded}", headers=header)).status_code == 401
