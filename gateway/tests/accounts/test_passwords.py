"""Names and passwords: what is accepted, registration, log-in, and changes of the password."""

from __future__ import annotations

import time
from typing import Any

import argon2
import httpx
import pytest
import sqlalchemy as sa
from gateway.accounts.passwords import PasswordHasher, check_password, clean_name, name_key
from gateway.storage.database import accounts, files
from servicekit.faults import InvalidInput, WeakPassword

PASSWORD = "seven purple submarines"
MIDI = b"MThd" + bytes(range(60))


async def register(client: httpx.AsyncClient, name: str = "Ada", password: str = PASSWORD) -> dict[str, Any]:
    """Register, and return who the client is."""
    answer = await client.post("/accounts", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def log_in(client: httpx.AsyncClient, name: str = "Ada", password: str = PASSWORD) -> httpx.Response:
    """Try to log in."""
    return await client.post("/sessions", json={"name": name, "password": password})


def rows(fakes: Any, query: sa.Select[Any]) -> list[Any]:
    """Return rows of the gateway's database."""
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(query).mappings()]
    engine.dispose()
    return found


@pytest.mark.parametrize("password", ["short", "nine char", "qwertyuiop", "Password123", "1234567890"])
def test_short_and_very_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match=r"at least 10|most common"):
        check_password(password)


@pytest.mark.parametrize(
    "password", ["ten  signs", "ééééééééééx", "correct horse battery staple", "🎵🎶🎼🎹🥁🎷🎺🎸🪕🎻"]
)
def test_there_are_no_other_rules(password: str) -> None:
    check_password(password)


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\u202eb", "\ud800", "a\u0000"])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="A name has"):
        clean_name(name)


@pytest.mark.parametrize(("one", "other"), [("Ada", " ADA "), ("Straße", "STRASSE"), ("é", "e\u0301"), ("Ａda", "ada")])
def test_names_that_look_alike_are_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


async def test_a_hash_is_argon2id_with_a_salt_and_nobody_has_a_right_password() -> None:
    hasher = PasswordHasher()
    first, second = [await hasher.hash(PASSWORD) for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second
    assert await hasher.verify(first, PASSWORD)
    assert not await hasher.verify(first, PASSWORD + "!")
    assert not await hasher.verify(None, PASSWORD)
    assert not await hasher.verify("no hash", PASSWORD)
    # Composed and decomposed characters come from different keyboards.
    assert await hasher.verify(await hasher.hash("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301")
    hasher.close()


async def test_registration_makes_what_the_browser_has_made_last(client: httpx.AsyncClient, fakes: Any) -> None:
    anonymous = (await client.post("/accounts", json={})).json()
    before = client.cookies["segue_session"]
    (file_id,) = await fakes.upload(client, MIDI)
    assert (await client.get(f"/files/{file_id}")).json()["expires_at"] is not None
    me = await register(client)
    assert me["account"] | {"created_at": ""} == {
        "account_id": anonymous["account"]["account_id"],
        "name": "Ada",
        "kind": "lasting",
        "created_at": "",
        "has_password": True,
        "passkeys": [],
        "identities": [],
    }
    assert client.cookies["segue_session"] != before
    assert (await client.get(f"/files/{file_id}")).json()["expires_at"] is None
    stolen = {"Cookie": f"segue_session={before}"}
    async with httpx.AsyncClient(base_url=client.base_url) as other:
        assert (await other.get("/me", headers=stolen)).json()["account"] is None
    (row,) = rows(fakes, sa.select(accounts))
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in str(row)


async def test_a_log_in_on_another_device_sees_the_same_account(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await register(client)
    (file_id,) = await fakes.upload(client, MIDI)
    async with httpx.AsyncClient(base_url=client.base_url) as second:
        assert (await second.get(f"/files/{file_id}")).status_code == 404
        answer = await log_in(second, "ADA")
        assert (answer.status_code, answer.json()["account"]) == (201, me["account"])
        assert (await second.get(f"/files/{file_id}")).status_code == 200


async def test_what_was_made_before_a_log_in_moves_into_the_account(client: httpx.AsyncClient, fakes: Any) -> None:
    me = await register(client)
    async with httpx.AsyncClient(base_url=client.base_url) as second:
        await second.post("/accounts", json={})
        (file_id,) = await fakes.upload(second, MIDI)
        await log_in(second)
        assert (await second.get(f"/files/{file_id}")).json()["expires_at"] is None
    assert (await client.get(f"/files/{file_id}")).status_code == 200
    (row,) = rows(fakes, sa.select(files))
    assert row["owner_id"] == me["account"]["account_id"]
    assert len(rows(fakes, sa.select(accounts))) == 1


async def test_an_account_of_somebody_else_is_not_merged_at_a_log_in(client: httpx.AsyncClient, fakes: Any) -> None:
    await register(client, "Ada")
    (file_id,) = await fakes.upload(client, MIDI)
    async with httpx.AsyncClient(base_url=client.base_url) as second:
        await register(second, "Eve")
    answer = await log_in(client, "Eve")
    assert answer.json()["account"]["name"] == "Eve"
    assert (await client.get(f"/files/{file_id}")).status_code == 404
    await log_in(client, "Ada")
    assert (await client.get(f"/files/{file_id}")).status_code == 200


async def test_a_caller_without_a_cookie_can_register(client: httpx.AsyncClient) -> None:
    me = await register(client)
    assert (await client.get("/me")).json()["account"] == me["account"]


@pytest.mark.parametrize("name", ["ada", "ADA", " Ada "])
async def test_a_name_is_taken_whatever_its_case(client: httpx.AsyncClient, name: str) -> None:
    await register(client)
    client.cookies.clear()
    answer = await client.post("/accounts", json={"name": name, "password": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (409, "NAME_TAKEN")
    assert "set-cookie" not in answer.headers


async def test_a_name_that_is_taken_leaves_the_anonymous_account_as_it_is(client: httpx.AsyncClient) -> None:
    await register(client)
    client.cookies.clear()
    me = (await client.post("/accounts", json={})).json()
    answer = await client.post("/accounts", json={"name": "Ada", "password": PASSWORD})
    assert answer.status_code == 409
    assert (await client.get("/me")).json() == me


async def test_who_is_logged_in_does_not_register_again(client: httpx.AsyncClient) -> None:
    await register(client)
    answer = await client.post("/accounts", json={"name": "Eve", "password": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (409, "CONFLICT")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"name": "Ada"}, "INVALID_INPUT"),
        ({"password": PASSWORD}, "INVALID_INPUT"),
        ({"name": "x" * 10_000, "password": PASSWORD}, "INVALID_INPUT"),
        ({"name": "Ada", "password": "x" * 10_000}, "INVALID_INPUT"),
        ({"name": "a\u0000b", "password": PASSWORD}, "INVALID_INPUT"),
        ({"name": "Ada", "password": "qwertyuiop"}, "WEAK_PASSWORD"),
        ({"name": ["Ada"], "password": PASSWORD}, "INVALID_INPUT"),
        ({"name": "Ada", "password": PASSWORD, "admin": True}, "INVALID_INPUT"),
    ],
)
async def test_a_wrong_registration_is_one_clear_problem(
    client: httpx.AsyncClient, body: dict[str, Any], reason: str
) -> None:
    answer = await client.post("/accounts", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, reason)
    assert PASSWORD not in answer.text
    assert "set-cookie" not in answer.headers
    assert len(answer.content) < 1000


@pytest.mark.parametrize(
    "text", ['{"name": "\\ud800", "password": "0123456789x"}', '{"name": "Ada", "password": "\\ud800234567890"}']
)
async def test_half_of_a_character_is_a_clear_problem(client: httpx.AsyncClient, text: str) -> None:
    for path in ("/accounts", "/sessions"):
        answer = await client.post(path, content=text, headers={"Content-Type": "application/json"})
        assert answer.status_code in {401, 422}, answer.text


async def test_markup_in_a_name_is_text(client: httpx.AsyncClient) -> None:
    name = "<img src=x onerror=alert(1)>"
    await register(client, name)
    answer = await client.get("/me")
    assert answer.json()["account"]["name"] == name
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(client: httpx.AsyncClient) -> None:
    await register(client)
    client.cookies.clear()
    wrong, unknown = await log_in(client, "Ada", "wrong" * 3), await log_in(client, "Nobody", "wrong" * 3)
    problems = [answer.json() | {"request_id": ""} for answer in (wrong, unknown)]
    assert problems[0] == problems[1]
    assert (wrong.status_code, problems[0]["reason"]) == (401, "WRONG_CREDENTIALS")
    names = [sorted(answer.headers) for answer in (wrong, unknown)]
    assert names[0] == names[1]
    assert "set-cookie" not in names[0]


async def test_an_unknown_name_costs_a_hash_too(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await register(client)
    hashed: list[bool] = []
    verify = PasswordHasher._verify

    def count(self: PasswordHasher, password_hash: str, password: str) -> bool:
        hashed.append(password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$"))
        return verify(self, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "_verify", count)
    for name in ("Ada", "Nobody", "a\u0001b"):
        assert (await log_in(client, name, "wrong" * 3)).status_code == 401
    assert hashed == [True] * 3


async def test_a_weaker_hash_is_renewed_at_a_log_in(client: httpx.AsyncClient, fakes: Any) -> None:
    await register(client)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    engine = sa.create_engine(fakes.settings().engine_url)
    with engine.begin() as connection:
        connection.execute(sa.update(accounts).values(password_hash=weak))
    engine.dispose()
    assert (await log_in(client)).status_code == 201
    (row,) = rows(fakes, sa.select(accounts))
    assert "m=65536" in row["password_hash"]


async def test_a_new_password_ends_the_other_sessions(client: httpx.AsyncClient) -> None:
    await register(client)
    async with httpx.AsyncClient(base_url=client.base_url) as second:
        await log_in(second)
        answer = await client.put("/me/password", json={"old": PASSWORD, "new": "another long one"})
        assert answer.status_code == 200, answer.text
        assert (await client.get("/me")).json()["account"] is not None
        assert (await second.get("/me")).json()["account"] is None
        assert (await log_in(second)).status_code == 401
        assert (await log_in(second, password="another long one")).status_code == 201


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"old": "wrong" * 3, "new": "another long one"}, 401, "WRONG_CREDENTIALS"),
        ({"new": "another long one"}, 401, "WRONG_CREDENTIALS"),
        ({"old": PASSWORD, "new": "short"}, 422, "WEAK_PASSWORD"),
    ],
)
async def test_a_password_is_not_changed_without_the_old_one(
    client: httpx.AsyncClient, body: dict[str, str], status: int, reason: str
) -> None:
    await register(client)
    answer = await client.put("/me/password", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert (await log_in(client)).status_code == 201


async def test_an_anonymous_account_gets_a_password_with_a_name(client: httpx.AsyncClient) -> None:
    await client.post("/accounts", json={})
    answer = await client.put("/me/password", json={"new": PASSWORD})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    answer = await client.put("/me/password", json={"new": PASSWORD, "name": "Ada"})
    assert (answer.json()["account"]["name"], answer.json()["account"]["kind"]) == ("Ada", "lasting")


async def test_nobody_has_no_password_to_change(client: httpx.AsyncClient) -> None:
    answer = await client.put("/me/password", json={"new": PASSWORD, "name": "Ada"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "NOT_SIGNED_IN")


async def test_many_log_ins_are_refused_for_a_while_and_not_for_others(
    fakes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1_900_000_000.0
    async with fakes.gateway(trusted_proxies="127.0.0.1", rate_limit_per_minute=0) as client:
        attacker, owner = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.9"}
        await register(client)
        client.cookies.clear()
        monkeypatch.setattr(time, "time", lambda: now_s)
        statuses = []
        for _ in range(1000):
            answer = await client.post("/sessions", json={"name": "Ada", "password": "wrong" * 3}, headers=attacker)
            statuses.append(answer.status_code)
        assert statuses == [401] * 10 + [429] * 990
        assert answer.json()["reason"] == "TOO_MANY_ATTEMPTS"
        wait_s = int(answer.headers["retry-after"])
        right = {"name": "Ada", "password": PASSWORD}
        # Who knows the password is not locked out by who does not.
        assert (await client.post("/sessions", json=right, headers=owner)).status_code == 201
        client.cookies.clear()
        assert (await client.post("/sessions", json=right, headers=attacker)).status_code == 429
        now_s += wait_s - 1
        assert (await client.post("/sessions", json=right, headers=attacker)).status_code == 429
        now_s += 1
        assert (await client.post("/sessions", json=right, headers=attacker)).status_code == 201


async def test_the_limit_does_not_tell_whether_a_name_exists(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with fakes.gateway() as client:
        await register(client)
        monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
        client.cookies.clear()
        texts = []
        for name in ("Ada", "Nobody"):
            answers = [await log_in(client, name, "wrong" * 3) for _ in range(11)]
            assert [answer.status_code for answer in answers] == [401] * 10 + [429]
            texts.append(answers[-1].json()["detail"])
        assert texts[0] == texts[1]
