"""Who makes a call: cookies, tokens, scopes, and a session that has ended."""

from __future__ import annotations

import time
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from gateway.accounts.caller import TOKEN_PREFIX, hash_secret, new_secret
from gateway.storage import database
from gateway.storage.database import sessions, tokens

COOKIE = "segue_session"


def change(fakes: Any, *statements: Any) -> None:
    """Change the database of the gateway."""
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)
    engine.dispose()


def add_token(fakes: Any, account_id: str, *scopes: str, **values: Any) -> dict[str, str]:
    """Add a token to an account, and return the header that holds it."""
    secret = TOKEN_PREFIX + new_secret()
    row = {"token_id": secret[6:30], "secret_hash": hash_secret(secret), "account_id": account_id, "name": "script"}
    change(fakes, sa.insert(tokens).values(**row, scopes=list(scopes), created_at_s=1.0, **values))
    return {"Authorization": f"Bearer {secret}"}


async def sign_up(client: httpx.AsyncClient) -> dict[str, Any]:
    """Create an anonymous account; the client keeps its cookie."""
    answer = await client.post("/accounts", json={})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_bare_caller_has_no_account_and_no_cookie(client: httpx.AsyncClient) -> None:
    answer = await client.get("/me")
    assert answer.json() | {"limits": None, "sign_in": None} == {
        "account": None,
        "session_id": None,
        "usage": {"bytes": 0, "files": 0},
        "limits": None,
        "sign_in": None,
    }
    assert "set-cookie" not in answer.headers


async def test_an_anonymous_account_is_known_by_its_cookie(client: httpx.AsyncClient, fakes: Any) -> None:
    created = await client.post("/accounts", json={})
    cookie = SimpleCookie(created.headers["set-cookie"])[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert len(cookie.value) == 43
    me = created.json()
    assert (me["account"]["kind"], me["account"]["name"], me["account"]["has_password"]) == ("anonymous", None, False)
    assert me["limits"] == {"bytes": 512 * 1024**2, "jobs_per_hour": 600}
    assert (await client.get("/me")).json() == me
    again = await client.post("/accounts", json={})
    assert (again.status_code, again.json()["account"]) == (200, me["account"])
    files = [path for path in (fakes.data / "var").glob("segue.sqlite*") if cookie.value.encode() in path.read_bytes()]
    assert files == []


@pytest.mark.parametrize("secret", ["x", "x" * 5000, new_secret(), "<script>", "%00"])
async def test_a_forged_cookie_is_nobody_and_is_cleared(client: httpx.AsyncClient, secret: str) -> None:
    answer = await client.get("/me", headers={"Cookie": f"{COOKIE}={secret}"})
    assert (answer.status_code, answer.json()["account"]) == (200, None)
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert (cookie.value, cookie["max-age"]) == ("", "0")


async def test_a_session_that_has_expired_is_nobody(client: httpx.AsyncClient, fakes: Any) -> None:
    await sign_up(client)
    change(fakes, sa.update(sessions).values(expires_at_s=time.time() - 1))
    answer = await client.get("/me")
    assert answer.json()["account"] is None
    assert SimpleCookie(answer.headers["set-cookie"])[COOKIE]["max-age"] == "0"


async def test_a_session_in_use_is_extended_and_its_cookie_sent_again(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await sign_up(client)
    assert "set-cookie" not in (await client.get("/me")).headers
    change(fakes, sa.update(sessions).values(last_used_at_s=time.time() - 400, expires_at_s=time.time() + 60))
    answer = await client.get("/styles")
    assert SimpleCookie(answer.headers["set-cookie"])[COOKIE].value == client.cookies[COOKIE]
    assert "set-cookie" not in (await client.get("/me")).headers
    engine = database.connect(fakes.settings().engine_url)
    with engine.connect() as connection:
        (expires_at_s,) = connection.execute(sa.select(sessions.c.expires_at_s)).one()
    engine.dispose()
    assert expires_at_s > time.time() + 80 * 86400
    assert (await client.get("/me")).json()["account"]["account_id"] == me["account"]["account_id"]


async def test_the_cookie_of_a_page_served_over_https_belongs_to_its_host_alone(fakes: Any) -> None:
    async with fakes.gateway(origin="https://segue.example") as client:
        header = (await client.post("/accounts", json={})).headers["set-cookie"]
        cookie = SimpleCookie(header)[f"__Host-{COOKIE}"]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
        sent = {"Cookie": f"__Host-{COOKIE}={cookie.value}"}
        assert (await client.get("/me", headers=sent)).json()["account"] is not None
        without_prefix = {"Cookie": f"{COOKIE}={cookie.value}"}
        assert (await client.get("/me", headers=without_prefix)).json()["account"] is None


async def test_a_token_makes_the_call_of_its_account(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await sign_up(client)
    client.cookies.clear()
    token = add_token(fakes, me["account"]["account_id"], "read")
    answer = (await client.get("/me", headers=token)).json()
    assert (answer["account"], answer["session_id"]) == (me["account"], None)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer segue_" + "a" * 43, "bearer x", "Bearer " + "é", "Bearer segue_" + "a" * 5000],
)
async def test_a_wrong_token_is_refused(client: httpx.AsyncClient, authorization: str) -> None:
    answer = await client.get("/styles", headers=[(b"authorization", authorization.encode())])
    assert (answer.status_code, answer.json()["reason"]) == (401, "NOT_SIGNED_IN")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_password_of_a_proxy_is_not_ours(client: httpx.AsyncClient) -> None:
    assert (await client.get("/styles", auth=("user", "password"))).status_code == 200


async def test_a_token_that_has_expired_is_refused(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await sign_up(client)
    token = add_token(fakes, me["account"]["account_id"], "read", expires_at_s=time.time() - 1)
    assert (await client.get("/me", headers=token)).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "get_status", "post_status"),
    [(["read"], 200, 403), (["write"], 403, 404), (["read", "write"], 200, 404), (["account"], 403, 403)],
)
async def test_a_token_may_do_what_its_scopes_say(
    client: httpx.AsyncClient, fakes: Any, scopes: list[str], get_status: int, post_status: int
) -> None:
    me = await sign_up(client)
    client.cookies.clear()
    token = add_token(fakes, me["account"]["account_id"], *scopes)
    assert (await client.get("/styles", headers=token)).status_code == get_status
    body = {"file_ids": ["0" * 32, "1" * 32]}
    answer = await client.post("/generate/vae", json=body, headers=token)
    assert answer.status_code == post_status
    if post_status == 403:
        assert (answer.json()["reason"], answer.json()["facts"]) == ("FORBIDDEN_SCOPE", {"scope": "write"})


@pytest.mark.usefixtures("client")
def test_the_data_folder_is_its_owners_alone(fakes: Any) -> None:
    folder: Path = fakes.data / "var"
    assert folder.stat().st_mode & 0o777 == 0o700
