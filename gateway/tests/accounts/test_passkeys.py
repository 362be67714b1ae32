"""Passkeys: registered, used, deleted, and refused wherever something is not as it should be."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from gateway.accounts.passkeys import relying_party
from gateway.storage.database import challenges

HOST, ORIGIN = "localhost:8000", "http://localhost:8000"


@pytest.fixture
async def site(fakes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sees the gateway by a name."""
    async with fakes.gateway() as client:
        yield by_name(client)


@pytest.fixture
def authenticator(authenticators: Any) -> Callable[[], Any]:
    """Return a function that makes a passkey of the site."""
    return lambda: authenticators(ORIGIN, "localhost")


def by_name(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """Let a client see the gateway by a name."""
    client.headers["Host"] = HOST
    return client


def encode(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


async def add(client: httpx.AsyncClient, passkey: Any, **fields: Any) -> httpx.Response:
    """Register a passkey for the account of a client."""
    options = await client.post("/passkeys/options")
    assert options.status_code == 200, options.text
    body = {"credential": passkey.create(options.json()["options"]), **fields}
    return await client.post("/passkeys", json=body)


async def log_in(client: httpx.AsyncClient, passkey: Any) -> httpx.Response:
    """Log in with a passkey."""
    options = (await client.post("/sessions/passkey/options")).json()["options"]
    assert "allowCredentials" not in options or options["allowCredentials"] == []
    return await client.post("/sessions/passkey", json={"credential": passkey.get(options)})


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [
        ("https://segue.example", "segue.example"),
        ("https://segue.example:8443", "segue.example"),
        ("http://localhost:8000", "localhost"),
        ("http://segue.localhost", "segue.localhost"),
        ("http://segue.example", None),
        ("https://192.0.2.7", None),
        ("http://127.0.0.1:8000", None),
        ("https://[2001:db8::1]:8000", None),
        ("", None),
    ],
)
def test_passkeys_need_a_name_and_https(origin: str, rp_id: str | None) -> None:
    party = relying_party(origin)
    assert (None if party is None else party.rp_id) == rp_id


async def test_a_page_served_by_an_address_offers_no_passkeys(client: httpx.AsyncClient) -> None:
    assert (await client.get("/me")).json()["sign_in"]["passkey"] is False
    await client.post("/accounts", json={})
    answer = await client.post("/passkeys/options")
    assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")
    by_name(client)
    assert (await client.get("/me")).json()["sign_in"]["passkey"] is True
    options = (await client.post("/passkeys/options")).json()["options"]
    assert options["rp"] == {"name": "Segue", "id": "localhost"}


async def test_a_passkey_makes_an_account_last_and_logs_in_on_another_device(
    site: httpx.AsyncClient, authenticator: Any
) -> None:
    await site.post("/accounts", json={})
    passkey = authenticator()
    created = await add(site, passkey, name="My phone")
    assert created.status_code == 201, created.text
    assert created.json()["name"] == "My phone"
    me = (await site.get("/me")).json()
    assert me["account"]["kind"] == "lasting"
    assert me["account"]["passkeys"] == [created.json()]
    assert passkey.user_handle.hex() == me["account"]["account_id"]
    async with httpx.AsyncClient(base_url=site.base_url) as second:
        answer = await log_in(by_name(second), passkey)
        assert (answer.status_code, answer.json()["account"]["account_id"]) == (201, me["account"]["account_id"])
        assert answer.json()["account"]["passkeys"][0]["last_used_at"] is not None
        assert (await second.get("/me")).json()["account"]["account_id"] == me["account"]["account_id"]


async def test_the_default_name_of_a_passkey_is_the_browser(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    site.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    assert (await add(site, authenticator())).json()["name"] == "Chrome on Linux"


async def test_a_passkey_can_be_registered_once(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    passkey = authenticator()
    await add(site, passkey)
    options = (await site.post("/passkeys/options")).json()["options"]
    assert options["excludeCredentials"] == [{"id": encode(passkey.credential_id), "type": "public-key"}]
    assert (await add(site, passkey)).status_code == 422


async def test_the_only_way_to_log_in_is_not_deleted(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    first, second = authenticator(), authenticator()
    ids = [(await add(site, passkey)).json()["passkey_id"] for passkey in (first, second)]
    assert (await site.delete(f"/passkeys/{ids[0]}")).status_code == 204
    answer = await site.delete(f"/passkeys/{ids[1]}")
    assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")
    await site.put("/me/password", json={"new": "seven purple submarines", "name": "Ada"})
    assert (await site.delete(f"/passkeys/{ids[1]}")).status_code == 204
    assert (await site.delete(f"/passkeys/{ids[1]}")).status_code == 404
    answer = await log_in(site, second)
    assert (answer.status_code, answer.json()["reason"]) == (401, "WRONG_CREDENTIALS")


async def test_a_passkey_of_another_account_is_not_deleted(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    passkey_id = (await add(site, authenticator())).json()["passkey_id"]
    async with httpx.AsyncClient(base_url=site.base_url) as other:
        by_name(other)
        await other.post("/accounts", json={})
        assert (await other.delete(f"/passkeys/{passkey_id}")).status_code == 404
    assert len((await site.get("/me")).json()["account"]["passkeys"]) == 1


async def test_a_challenge_is_used_once(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    passkey = authenticator()
    options = (await site.post("/passkeys/options")).json()["options"]
    body = {"credential": passkey.create(options)}
    assert (await site.post("/passkeys", json=body)).status_code == 201
    assert (await site.post("/passkeys", json=body)).status_code == 401
    options = (await site.post("/sessions/passkey/options")).json()["options"]
    body = {"credential": passkey.get(options)}
    assert (await site.post("/sessions/passkey", json=body)).status_code == 201
    again = await site.post("/sessions/passkey", json=body)
    assert (again.status_code, again.json()["reason"]) == (401, "WRONG_CREDENTIALS")


async def test_a_challenge_expires(site: httpx.AsyncClient, fakes: Any, authenticator: Any) -> None:
    options = (await site.post("/sessions/passkey/options")).json()["options"]
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.begin() as connection:
        connection.execute(sa.update(challenges).values(expires_at_s=time.time() - 1))
    engine.dispose()
    answer = await site.post("/sessions/passkey", json={"credential": authenticator().get(options)})
    assert (answer.status_code, answer.json()["reason"]) == (401, "WRONG_CREDENTIALS")


async def test_the_challenge_of_another_account_registers_nothing(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    options = (await site.post("/passkeys/options")).json()["options"]
    async with httpx.AsyncClient(base_url=site.base_url) as other:
        by_name(other)
        await other.post("/accounts", json={})
        answer = await other.post("/passkeys", json={"credential": authenticator().create(options)})
        assert answer.status_code == 401
        assert (await other.get("/me")).json()["account"]["passkeys"] == []


async def test_a_challenge_for_a_log_in_registers_nothing(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    creation = (await site.post("/passkeys/options")).json()["options"]
    options = (await site.post("/sessions/passkey/options")).json()["options"]
    credential = authenticator().create(creation | {"challenge": options["challenge"]})
    assert (await site.post("/passkeys", json={"credential": credential})).status_code == 401


@pytest.mark.parametrize("changed", ["origin", "rp_id", "key", "signature"])
async def test_a_wrong_signature_or_site_logs_nobody_in(
    site: httpx.AsyncClient, changed: str, authenticator: Any
) -> None:
    await site.post("/accounts", json={})
    passkey = authenticator()
    await add(site, passkey)
    site.cookies.clear()
    wrong = {
        "origin": replace(passkey, origin="https://evil.example"),
        "rp_id": replace(passkey, rp_id="evil.example"),
        "key": replace(passkey, key=authenticator().key),
        "signature": passkey,
    }[changed]
    options = (await site.post("/sessions/passkey/options")).json()["options"]
    credential = wrong.get(options)
    if changed == "signature":
        credential["response"]["signature"] = encode(b"no signature")
    answer = await site.post("/sessions/passkey", json={"credential": credential})
    assert (answer.status_code, answer.json()["reason"]) == (401, "WRONG_CREDENTIALS")
    assert (await site.get("/me")).json()["account"] is None
    assert (await log_in(site, passkey)).status_code == 201


async def test_a_copied_passkey_is_noticed_by_its_counter(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    passkey = authenticator()
    await add(site, passkey)
    copy = replace(passkey)
    assert (await log_in(site, passkey)).status_code == 201
    assert (await log_in(site, passkey)).status_code == 201
    assert (await log_in(site, copy)).status_code == 401


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 7},
        {"response": None},
        {"response": {"clientDataJSON": "%%%"}},
        {"response": {"clientDataJSON": encode(b"[]")}},
        {"response": {"clientDataJSON": encode(b'{"challenge": 7}')}},
        {"response": {"clientDataJSON": encode(b'{"type": "webauthn.get", "challenge": "AAAA", "origin": "x"}')}},
        {"id": "x" * 10_000, "response": {"transports": [[]]}},
    ],
    ids=str,
)
async def test_nonsense_is_a_clear_problem(site: httpx.AsyncClient, credential: dict[str, Any]) -> None:
    await site.post("/accounts", json={})
    for path in ("/passkeys", "/sessions/passkey"):
        answer = await site.post(path, json={"credential": credential})
        assert answer.status_code in {401, 422}, answer.text
        assert answer.json()["reason"] in {"WRONG_CREDENTIALS", "INVALID_INPUT"}


async def test_damaged_credentials_are_a_clear_problem(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    passkey = authenticator()
    for field in ("attestationObject", "clientDataJSON"):
        for data in (b"", b"\xff", b"\x00" * 200, b"\xa1" * 50):
            credential = passkey.create((await site.post("/passkeys/options")).json()["options"])
            credential["response"][field] = encode(data)
            answer = await site.post("/passkeys", json={"credential": credential})
            assert (answer.status_code, answer.json()["reason"]) == (401, "WRONG_CREDENTIALS")
    await add(site, passkey)
    for field in ("authenticatorData", "signature"):
        for data in (b"", b"\xff", b"\x00" * 200):
            credential = passkey.get((await site.post("/sessions/passkey/options")).json()["options"])
            credential["response"][field] = encode(data)
            answer = await site.post("/sessions/passkey", json={"credential": credential})
            assert (answer.status_code, answer.json()["reason"]) == (401, "WRONG_CREDENTIALS")


async def test_an_account_has_at_most_20_passkeys(site: httpx.AsyncClient, authenticator: Any) -> None:
    await site.post("/accounts", json={})
    for _ in range(20):
        assert (await add(site, authenticator())).status_code == 201
    answer = await site.post("/passkeys/options")
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")


async def test_nobody_registers_no_passkey(site: httpx.AsyncClient) -> None:
    answer = await site.post("/passkeys/options")
    assert (answer.status_code, answer.json()["reason"]) == (401, "NOT_SIGNED_IN")
