"""Tokens and sessions: made, listed and ended; what each may do."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from gateway.accounts.devices import describe_device
from gateway.storage.database import tokens

PASSWORD = "seven purple submarines"


async def register(client: httpx.AsyncClient, name: str = "Ada") -> dict[str, Any]:
    """Register, and return who the client is."""
    answer = await client.post("/accounts", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def make(client: httpx.AsyncClient, *scopes: str, **fields: Any) -> dict[str, Any]:
    """Make a token."""
    answer = await client.post("/tokens", json={"name": "script", "scopes": list(scopes), **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def bearer(token: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['token']}"}


async def test_a_token_is_shown_once_and_does_what_its_scopes_allow(client: httpx.AsyncClient) -> None:
    me = await register(client)
    token = await make(client, "read")
    assert token["token"].startswith("segue_")
    assert len(token["token"]) == 49
    listed = (await client.get("/tokens")).json()["tokens"]
    assert listed == [{name: value for name, value in token.items() if name != "token"}]
    client.cookies.clear()
    answer = await client.get("/me", headers=bearer(token))
    assert answer.json()["account"] == me["account"]
    files = {"files": ("a.mid", b"MThd" + bytes(60), "audio/midi")}
    for method, path, arguments in (
        ("POST", "/upload", {"files": files}),
        ("GET", "/tokens", {}),
        ("POST", "/tokens", {"json": {"name": "x", "scopes": ["read"]}}),
        ("GET", "/sessions", {}),
        ("DELETE", "/sessions", {}),
        ("GET", "/me/export", {}),
        ("DELETE", "/me", {"json": {"confirm": True}}),
        ("PUT", "/me/password", {"json": {"old": PASSWORD, "new": "another long one"}}),
        ("POST", "/passkeys/options", {}),
    ):
        answer = await client.request(method, path, headers=bearer(token), **arguments)
        assert (answer.status_code, answer.json()["reason"]) == (403, "FORBIDDEN_SCOPE"), (method, path)


async def test_a_token_with_the_scope_of_the_account_makes_no_stronger_one(client: httpx.AsyncClient) -> None:
    await register(client)
    token = await make(client, "account")
    client.cookies.clear()
    weaker = await client.post("/tokens", json={"name": "x", "scopes": ["account"]}, headers=bearer(token))
    assert weaker.status_code == 201
    stronger = await client.post("/tokens", json={"name": "x", "scopes": ["account", "write"]}, headers=bearer(token))
    assert (stronger.status_code, stronger.json()["facts"]) == (403, {"scope": "write"})


async def test_a_deleted_token_is_worth_nothing(client: httpx.AsyncClient) -> None:
    await register(client)
    token = await make(client, "read")
    assert (await client.delete(f"/tokens/{token['token_id']}")).status_code == 204
    assert (await client.delete(f"/tokens/{token['token_id']}")).status_code == 404
    client.cookies.clear()
    answer = await client.get("/me", headers=bearer(token))
    assert (answer.status_code, answer.json()["reason"]) == (401, "NOT_SIGNED_IN")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_expires(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await register(client)
    week, forever = await make(client, "read", days=7), await make(client, "read", days=None)
    assert forever["expires_at"] is None
    client.cookies.clear()
    later_s = time.time() + 7 * 86400 + 1
    monkeypatch.setattr(time, "time", lambda: later_s)
    assert (await client.get("/me", headers=bearer(week))).status_code == 401
    assert (await client.get("/me", headers=bearer(forever))).status_code == 200


async def test_the_secret_of_a_token_is_not_stored(client: httpx.AsyncClient, fakes: Any) -> None:
    await register(client)
    token = await make(client, "read")
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.connect() as connection:
        row = connection.execute(sa.select(tokens)).one()
    engine.dispose()
    assert token["token"].removeprefix("segue_") not in str(row)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "x" * 10_000, "scopes": ["read"]},
        {"name": "a\u0000", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["admin"]},
        {"name": "x", "scopes": ["read"], "days": 0},
        {"name": "x", "scopes": ["read"], "days": 10**9},
        {"name": "x"},
    ],
)
async def test_a_wrong_request_makes_no_token(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    await register(client)
    answer = await client.post("/tokens", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert (await client.get("/tokens")).json() == {"tokens": []}


async def test_an_account_has_at_most_50_tokens(client: httpx.AsyncClient) -> None:
    await register(client)
    for _ in range(50):
        await make(client, "read")
    answer = await client.post("/tokens", json={"name": "x", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")


async def test_a_script_does_not_register(client: httpx.AsyncClient) -> None:
    await client.post("/accounts", json={})
    token = await make(client, "read", "write", "account")
    client.cookies.clear()
    answer = await client.post("/accounts", json={"name": "Ada", "password": PASSWORD}, headers=bearer(token))
    assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")


async def test_sessions_are_listed_and_ended_one_by_one(client: httpx.AsyncClient) -> None:
    client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    me = await register(client)
    async with httpx.AsyncClient(base_url=client.base_url) as phone:
        phone.headers["User-Agent"] = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
        other = (await phone.post("/sessions", json={"name": "Ada", "password": PASSWORD})).json()
        listed = (await client.get("/sessions")).json()["sessions"]
        found = {session["session_id"]: (session["device"], session["is_current"]) for session in listed}
        assert found == {
            me["session_id"]: ("Firefox on Linux", True),
            other["session_id"]: ("Safari on iPhone", False),
        }
        ended = await client.delete(f"/sessions/{other['session_id']}")
        assert (ended.status_code, "set-cookie" in ended.headers) == (204, False)
        assert (await phone.get("/me")).json()["account"] is None
    assert (await client.delete(f"/sessions/{other['session_id']}")).status_code == 404
    cookie = {"Cookie": f"segue_session={client.cookies['segue_session']}"}
    ended = await client.delete(f"/sessions/{me['session_id']}")
    assert "Max-Age=0" in ended.headers["set-cookie"]
    client.cookies.clear()
    # Whoever had copied the cookie is logged out as well.
    assert (await client.get("/me", headers=cookie)).json()["account"] is None


async def test_logging_out_everywhere_ends_all_sessions(client: httpx.AsyncClient) -> None:
    await register(client)
    copied = {"Cookie": f"segue_session={client.cookies['segue_session']}"}
    async with httpx.AsyncClient(base_url=client.base_url) as phone:
        await phone.post("/sessions", json={"name": "Ada", "password": PASSWORD})
        assert (await phone.delete("/sessions")).status_code == 204
        assert (await phone.get("/me")).json()["account"] is None
    assert (await client.get("/me")).json()["account"] is None
    client.cookies.clear()
    assert (await client.get("/me", headers=copied)).json()["account"] is None
    assert (await client.get("/sessions", headers=copied)).status_code == 401


async def test_the_sessions_and_tokens_of_others_are_out_of_reach(client: httpx.AsyncClient) -> None:
    me = await register(client)
    token = await make(client, "read")
    async with httpx.AsyncClient(base_url=client.base_url) as other:
        await register(other, "Eve")
        assert (await other.delete(f"/sessions/{me['session_id']}")).status_code == 404
        assert (await other.delete(f"/tokens/{token['token_id']}")).status_code == 404
        assert len((await other.get("/sessions")).json()["sessions"]) == 1
        assert (await other.get("/tokens")).json() == {"tokens": []}
        await other.delete("/sessions")
    assert (await client.get("/me")).json()["session_id"] == me["session_id"]


@pytest.mark.parametrize("path", ["/sessions", "/tokens", "/me/export"])
async def test_nobody_has_no_account_to_read(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["reason"]) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) CriOS/140.0 Mobile/15E148 Safari/604.1", "Chrome on iPad"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        ("x" * 10_000, "x" * 40),
        ("", "Unknown device"),
        ("   ", "Unknown device"),
    ],
)
def test_devices_have_names_for_people(user_agent: str, device: str) -> None:
    assert describe_device(user_agent) == device
