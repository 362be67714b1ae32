"""Isolation: whatever anybody else calls with Alice's ids, it shows and changes nothing of hers.

Every operation of the OpenAPI document is called by somebody else, by nobody, with a session that has ended, and with
tokens of too small a scope.

The operations come from the document, so that a new route is tried as soon as it exists. One that cannot be classified
fails the test: give its path an id that `World.path_ids` knows, or its operation id a place in one of the tables.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from gateway.app import build
from gateway.settings import Settings
from gateway.storage.database import passkeys

MIDI = b"MThd alice" + bytes(60)
TITLE = "The title that Alice alone knows"
PASSWORD = "correct horse battery staple"

OPEN = {
    # For operators, without anything of a person.
    *("health_live", "health_ready", "health_metrics"),
    # What a person has shared by a link is for whoever has the link.
    *("shared_pages_player_script", "shared_pages_page", "shared_pages_embed", "shared_pages_picture"),
    *("shared_pages_qr_code", "shared_pages_notes", "shared_pages_play", "shared_pages_download", "shared_pages_remix"),
    # What people chose to show to everybody.
    "shares_published",
    # Logging in, whose proof is the password, the passkey or the provider.
    *("sessions_create", "passkeys_log_in_options", "passkeys_log_in", "openid_depart", "openid_callback"),
}
"""Open to everybody by design."""

OWN = {
    *("upload", "generate_gan", "generate_hybrid", "batches_list_batches", "library_list_files", "library_clear"),
    *(
        "library_restore",
        "library_list_jobs",
        "browse_styles",
        "browse_soundfonts",
        "browse_gallery",
        "accounts_me",
        "accounts_create",
    ),
    *("me_delete", "me_export", "me_change_password", "passkeys_registration_options", "passkeys_create"),
    *("sessions_collection", "sessions_delete_all", "tokens_collection", "tokens_create"),
}
"""Name nothing: they are about what the caller has, or create something of the caller's."""

ACCOUNT_PATHS = re.compile(r"/(sessions|tokens|passkeys|me/)|/me$")
"""Paths that need the scope `account`; but `GET /me` only reads."""

HIDDEN = {"/", "/{path:path}", "/problems/{name}", "/p/cursor.js", "/openapi.json"}
"""Routes that are not in the document, besides HEAD of those that are: the page, and texts."""

REFUSED = {401, 403, 404}


def bodies(ids: list[str], file_id: str) -> dict[str, Any]:
    """Return the body of each operation that has one; `ids` are files that belong to Alice."""
    return {
        "files_patch": {"name": "Stolen", "roles": {"1": "lead"}},
        "generate_vae": {"file_ids": ids},
        "generate_steps": {"file_ids": ids},
        "batches_create": {"items": [{"method": "vae", "file_ids": ids}]},
        "library_claim": {"file_ids": [file_id]},
        "shares_create": {"days": 1},
        "generate_gan": {},
        "generate_hybrid": {},
        "accounts_create": {},
        "me_delete": {"confirm": True},
        "me_change_password": {"old": PASSWORD, "new": "another horse battery staple"},
        "passkeys_create": {"credential": {}},
        "tokens_create": {"name": "script", "scopes": ["read"]},
        "sessions_create": {"name": "nobody", "password": PASSWORD},
        "passkeys_log_in": {"credential": {}},
    }


NAMING = {"generate_vae", "generate_steps", "batches_create", "library_claim"}
"""Name ids in their bodies."""


@dataclass(frozen=True)
class Operation:
    """An operation of the document."""

    operation_id: str
    method: str
    path: str
    has_body: bool

    @property
    def parameters(self) -> list[str]:
        """The names of the ids in its path."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass
class World:
    """What Alice has."""

    alice: httpx.AsyncClient
    account_id: str
    files: list[str] = field(default_factory=list)
    path_ids: dict[str, list[str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    async def snapshot(self) -> dict[str, Any]:
        """Return all that Alice sees."""
        paths = ["/me", "/library", "/jobs", "/batches", "/sessions", "/tokens"]
        paths += [f"/files/{file_id}" for file_id in self.files]
        paths += [f"/files/{file_id}/shares" for file_id in self.files]
        paths += [f"/batches/{batch_id}" for batch_id in self.path_ids["batch_id"]]
        return {path: await self._read(path) for path in paths}

    async def _read(self, path: str) -> Any:
        answer = await self.alice.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found = answer.json()
        if path == "/tokens":
            # Trying them is no change.
            return [{**token, "last_used_at": None} for token in found["tokens"]]
        return found

    def shows(self, answer: httpx.Response) -> list[str]:
        """Return what an answer shows of Alice. A refusal may repeat what was sent."""
        request = answer.request
        sent = "" if answer.is_success else f"{request.url.path} {request.content.decode('latin-1')}"
        ids = [each for name, values in self.path_ids.items() if name != "slug" for each in values]
        secrets = [self.account_id, TITLE, *ids, *self.secrets]
        return [secret for secret in secrets if secret in answer.text and secret not in sent]


@pytest.fixture(scope="module")
def operations() -> list[Operation]:
    """All operations of the document."""
    paths = build(Settings.model_construct()).openapi()["paths"]
    return [
        Operation(operation["operationId"], method.upper(), path, "requestBody" in operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


@pytest.fixture
async def world(fakes: Any, browser: Any) -> AsyncIterator[World]:
    """Alice, with something of every kind."""
    async with fakes.gateway(rate_limit_per_minute=0) as client, browser(client) as alice:
        registered = await alice.post("/accounts", json={"name": "alice", "password": PASSWORD})
        assert registered.status_code == 201, registered.text
        account = World(alice, registered.json()["account"]["account_id"])
        await _fill(account, fakes)
        yield account


async def _fill(world: World, fakes: Any) -> None:
    alice = world.alice
    recording = await fakes.upload_recording(alice, b"fLaC" + bytes(500))
    await fakes.wait_for_end(alice, recording["job"])
    blend = await fakes.blend(alice)
    hybrid = await fakes.wait_for_end(alice, (await alice.post("/generate/hybrid", json={})).json()["job_id"])
    item = {"method": "gan", "seed": 3}
    batch = (await alice.post("/batches", json={"items": [item], "title": TITLE})).json()
    await fakes.wait_for_end(alice, batch["items"][0]["job"]["job_id"])
    pieces = [*blend["parents"], *blend["results"], *hybrid["parents"], *hybrid["results"]]
    transcription = (await alice.get(f"/files/{recording['file_id']}")).json()["transcription"]["file_id"]
    world.files = [recording["file_id"], transcription, *(piece["file_id"] for piece in pieces)]
    renamed = await alice.patch(f"/files/{world.files[2]}", json={"name": TITLE, "starred": True})
    assert renamed.status_code == 200, renamed.text
    share = (await alice.post(f"/files/{world.files[2]}/share", json={"days": None})).json()
    for scopes in (["read"], ["write"], ["read", "write"], ["account"]):
        token = (await alice.post("/tokens", json={"name": "script", "scopes": scopes})).json()
        world.tokens["+".join(scopes)] = {"Authorization": f"Bearer {token['token']}"}
        world.secrets.append(token["token"])
    world.path_ids = {
        "file_id": world.files,
        "job_id": [recording["job"], blend["job_id"], hybrid["job_id"], batch["items"][0]["job"]["job_id"]],
        "batch_id": [batch["batch_id"]],
        "slug": [share["slug"]],
        "session_id": [(await alice.get("/me")).json()["session_id"]],
        "token_id": [token["token_id"] for token in (await alice.get("/tokens")).json()["tokens"]],
        "passkey_id": [_add_passkey(fakes, world.account_id)],
    }


def _add_passkey(fakes: Any, account_id: str) -> str:
    engine = sa.create_engine(fakes.settings().engine_url)
    passkey_id = "YWxpY2Vz"
    row = {"passkey_id": passkey_id, "account_id": account_id, "public_key": b"k", "sign_count": 0, "name": "phone"}
    with engine.begin() as connection:
        connection.execute(sa.insert(passkeys).values(**row, transports=[], created_at_s=1.0))
    engine.dispose()
    return passkey_id


async def call(
    caller: httpx.AsyncClient,
    operation: Operation,
    world: World,
    path_id: str = "",
    method: str | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """Make the call of an operation with one of Alice's ids."""
    path = re.sub(r"{\w+}", path_id, operation.path)
    request: dict[str, Any] = {"headers": headers or {}}
    if operation.operation_id == "upload":
        request["files"] = [("files", ("a.mid", MIDI, "audio/midi"))]
    elif operation.has_body:
        ids = [world.files[2], world.files[3]]
        request["json"] = bodies(ids, path_id or world.files[2])[operation.operation_id]
    params = {"file_id": world.files[2]} if operation.operation_id == "shares_end" else {}
    return await caller.request(method or operation.method, path, params=params, **request)


def cases(operation: Operation, world: World) -> list[str]:
    """Return the ids of Alice's to call an operation with."""
    if operation.operation_id == "library_claim":
        return world.files
    return world.path_ids[operation.parameters[0]] if operation.parameters else [""]


async def refuse_all(world: World, caller: httpx.AsyncClient, operations: list[Operation]) -> list[str]:
    """Try all operations, and return what went wrong."""
    wrong = []
    before = await world.snapshot()
    for operation in operations:
        is_object = bool(operation.parameters) or operation.operation_id in NAMING
        if operation.operation_id in OPEN:
            continue
        for path_id in cases(operation, world):
            for method in [operation.method, *(["HEAD"] if operation.method == "GET" else [])]:
                answer = await call(caller, operation, world, path_id, method)
                place = f"{method} {operation.path} {path_id}: {answer.status_code}"
                if is_object and answer.status_code not in REFUSED:
                    wrong.append(place)
                if shown := world.shows(answer):
                    wrong.append(f"{place} shows {shown}")
        # What a call that only reads has changed is seen after the next one.
        if operation.method != "GET" and (after := await world.snapshot()) != before:
            wrong.append(f"{operation.operation_id} changed {[path for path in before if before[path] != after[path]]}")
            before = after
    return wrong if await world.snapshot() == before else [*wrong, "something changed"]


def test_every_operation_is_classified(operations: list[Operation]) -> None:
    known = {"file_id", "job_id", "batch_id", "slug", "session_id", "token_id", "passkey_id"}
    for operation in operations:
        is_object = bool(operation.parameters) and operation.operation_id not in OPEN
        places = [is_object, *(operation.operation_id in table for table in (OPEN, OWN, NAMING))]
        assert places.count(True) == 1, f"{operation.operation_id} has no place in the tables of this test, or several"
        assert not is_object or (len(operation.parameters) == 1 and set(operation.parameters) <= known), operation.path
        assert not operation.has_body or operation.operation_id in {*bodies([], ""), "upload"}, operation.operation_id
    ids = {operation.operation_id for operation in operations}
    assert (OPEN | OWN | NAMING | set(bodies([], ""))) - ids == set()


def test_every_route_is_in_the_document(operations: list[Operation]) -> None:
    documented = {operation.path for operation in operations}
    routers = [getattr(route, "original_router", None) for route in build(Settings.model_construct()).routes]
    routes = [route for router in routers if router for route in router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 60
    for route in routes:
        is_head = route.methods == {"HEAD"} and route.path in documented
        assert route.include_in_schema or is_head or route.path in HIDDEN, route.path


async def test_somebody_else_reaches_nothing(world: World, operations: list[Operation], browser: Any) -> None:
    async with browser(world.alice) as bob:
        assert await refuse_all(world, bob, operations) == []


async def test_nobody_reaches_nothing(world: World, operations: list[Operation]) -> None:
    async with httpx.AsyncClient(base_url=world.alice.base_url, timeout=20) as nobody:
        assert await refuse_all(world, nobody, operations) == []
        for operation in operations:
            if is_of_account(operation):
                answer = await call(nobody, operation, world, cases(operation, world)[0])
                assert answer.status_code == 401, operation.operation_id


async def test_a_session_that_has_ended_reaches_nothing(world: World, operations: list[Operation]) -> None:
    async with httpx.AsyncClient(base_url=world.alice.base_url, timeout=20) as phone:
        assert (await phone.post("/sessions", json={"name": "alice", "password": PASSWORD})).status_code == 201
        cookies = {name: phone.cookies[name] for name in phone.cookies}
        me = (await phone.get("/me")).json()
        assert me["account"]["account_id"] == world.account_id
        assert (await phone.delete(f"/sessions/{me['session_id']}")).status_code == 204
    async with stolen(world, cookies) as thief:
        assert await refuse_all(world, thief, operations) == []
        for operation in operations:
            if is_of_account(operation):
                answer = await call(thief, operation, world, cases(operation, world)[0])
                assert answer.status_code == 401, operation.operation_id


@contextlib.asynccontextmanager
async def stolen(world: World, cookies: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that sends a cookie whatever the server says about it."""
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    assert header

    async def drop(_response: httpx.Response) -> None:
        thief.cookies.clear()

    async with httpx.AsyncClient(
        base_url=world.alice.base_url, timeout=20, headers={"Cookie": header}, event_hooks={"response": [drop]}
    ) as thief:
        yield thief


def is_of_account(operation: Operation) -> bool:
    """Return whether an operation needs the scope `account`."""
    is_account = ACCOUNT_PATHS.match(operation.path) is not None and operation.operation_id not in OPEN
    return is_account and operation.operation_id != "accounts_me"


async def test_a_token_of_too_small_a_scope_reaches_nothing(world: World, operations: list[Operation]) -> None:
    before = await world.snapshot()
    wrong = []
    async with httpx.AsyncClient(base_url=world.alice.base_url, timeout=20) as script:
        for operation in operations:
            if operation.operation_id in OPEN:
                continue
            small = ["write"] if operation.method == "GET" else ["read"]
            small += ["read+write"] if is_of_account(operation) else ["account"]
            for name in small:
                for path_id in cases(operation, world):
                    answer = await call(script, operation, world, path_id, headers=world.tokens[name])
                    if answer.status_code != 403 or answer.json()["reason"] != "FORBIDDEN_SCOPE":
                        wrong.append(f"{operation.method} {operation.path} with {name}: {answer.status_code}")
    assert wrong == []
    assert await world.snapshot() == before


async def test_a_shared_piece_shows_no_id_of_its_owner(world: World, operations: list[Operation]) -> None:
    """Whoever has a link has that piece, and neither its id nor anything that it was made from."""
    for file_id in world.files:
        share = (await world.alice.post(f"/files/{file_id}/share", json={"days": None})).json()
        async with httpx.AsyncClient(base_url=world.alice.base_url, timeout=20) as nobody:
            for operation in operations:
                if operation.path.startswith("/p/{slug}") and operation.operation_id != "shared_pages_picture":
                    answer = await call(nobody, operation, world, share["slug"])
                    assert answer.status_code in {200, 201}, (operation, answer.text)
                    shown = [each for each in world.shows(answer) if each != TITLE]
                    assert shown == [], (operation.operation_id, world.files.index(file_id))


async def test_the_same_calls_by_their_owner_reach_what_they_name(
    world: World, operations: list[Operation], fakes: Any
) -> None:
    """Were the calls of these tests wrong in themselves, their refusal would prove nothing."""

    def order(operation: Operation) -> tuple[bool, bool, bool]:
        # What deletes comes last, the session and the account at the very end.
        is_last = operation.operation_id == "me_delete"
        return is_last, operation.method == "DELETE", operation.path.startswith("/sessions")

    (deleted_id,) = await fakes.upload(world.alice, MIDI)
    for operation in sorted(operations, key=order):
        if operation.operation_id in OPEN | {"passkeys_create", "passkeys_registration_options"}:
            continue
        path_id = cases(operation, world)[-1]
        if operation.operation_id == "files_restore":
            assert (await world.alice.delete(f"/files/{deleted_id}?undo=true")).status_code == 204
            path_id = deleted_id
        if operation.operation_id == "sessions_delete_all":
            continue
        if operation.operation_id == "sessions_delete":
            path_id = await _other_session(world)
        answer = await call(world.alice, operation, world, path_id)
        assert answer.status_code < 400 or answer.json()["reason"] == "JOB_FINISHED", (operation, answer.text)


async def _other_session(world: World) -> str:
    async with httpx.AsyncClient(base_url=world.alice.base_url, timeout=20) as phone:
        body = {"name": "alice", "password": "another horse battery staple"}
        answer = await phone.post("/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session_id"])
