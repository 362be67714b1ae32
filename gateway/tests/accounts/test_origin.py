"""The origin check: a page of another site can change nothing here, and scripts are not concerned."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from gateway.accounts.origin import check_origin
from servicekit.faults import ForeignOrigin
from starlette.datastructures import Headers

OWN = [
    {"host": "segue.example", "origin": "https://segue.example"},
    {"host": "segue.example", "origin": "http://segue.example"},
    {"host": "segue.example:443", "origin": "https://segue.example"},
    {"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"},
    {"host": "[::1]:8000", "origin": "http://[::1]:8000"},
    {"host": "SEGUE.example", "origin": "https://segue.EXAMPLE"},
    {"host": "inside:8000", "origin": "https://people.example"},
    {"host": "segue.example", "sec-fetch-site": "same-origin"},
    {"host": "segue.example", "sec-fetch-site": "none"},
    {"host": "segue.example"},
]
FOREIGN = [
    {"host": "segue.example", "origin": "https://evil.example"},
    {"host": "segue.example", "origin": "https://evil.segue.example"},
    {"host": "segue.example", "origin": "https://segue.example.evil"},
    {"host": "segue.example", "origin": "https://segue.example:8443"},
    {"host": "segue.example", "origin": "null"},
    {"host": "segue.example", "origin": ""},
    {"host": "segue.example", "origin": "https://[bad"},
    {"host": "segue.example", "origin": "https://segue.example:port"},
    {"host": "", "origin": "https://evil.example"},
    {"host": "segue.example", "sec-fetch-site": "cross-site"},
    {"host": "segue.example", "sec-fetch-site": "same-site"},
    {"host": "segue.example", "origin": "file://"},
]


@pytest.mark.parametrize("headers", OWN)
def test_the_own_page_and_scripts_may_change_things(headers: dict[str, str]) -> None:
    check_origin("POST", Headers(headers), "https://people.example")


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "OTHER"])
def test_a_page_of_another_site_may_not(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(ForeignOrigin, match="A page of another site sent this call"):
        check_origin(method, Headers(headers), "https://people.example")


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_links_from_other_sites_work(method: str, headers: dict[str, str]) -> None:
    check_origin(method, Headers(headers), "")


async def test_a_foreign_form_neither_uploads_nor_deletes(client: httpx.AsyncClient, fakes: Any, browser: Any) -> None:
    (own,) = await fakes.upload(client, b"MThd" + bytes(60))
    foreign = {"Origin": "https://evil.example"}
    files = [("files", ("a.mid", b"MThd", "audio/midi"))]
    async with browser(client) as alice:
        answers = [
            await client.post("/upload", files=files, headers=foreign),
            await client.delete(f"/files/{own}", headers=foreign),
            await alice.delete("/me", headers=foreign),
            await alice.delete("/sessions", headers={"Sec-Fetch-Site": "cross-site"}),
        ]
        assert (await alice.get("/me")).json()["account"] is not None
    assert {(answer.status_code, answer.json()["reason"]) for answer in answers} == {(403, "FOREIGN_ORIGIN")}
    assert answers[0].json()["facts"] == {"origin": "https://evil.example"}
    assert (await client.get(f"/files/{own}")).status_code == 200


@pytest.mark.parametrize(("trusted", "address"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.7")])
async def test_an_address_that_a_proxy_tells_counts_only_if_the_proxy_is_trusted(
    fakes: Any, trusted: str, address: str
) -> None:
    """Whoever could choose his address would have no quota."""
    async with fakes.gateway(trusted_proxies=trusted, address_jobs_per_hour=1) as client:
        assert (await client.post("/generate/gan", json={})).status_code == 202
        forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        answer = await client.post("/generate/gan", json={}, headers=forwarded)
        assert answer.status_code == (429 if address == "127.0.0.1" else 202)
        cookie = (await client.post("/accounts", json={}, headers=forwarded)).headers["set-cookie"]
        assert cookie.startswith("__Host-") == (trusted != "")
