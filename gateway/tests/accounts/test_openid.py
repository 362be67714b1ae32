"""OpenID Connect: a log-in at a provider, and everything that such a log-in must not accept."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Form
from gateway.accounts.openid import read_providers
from joserfc import jwt
from joserfc.jwk import RSAKey
from servicekit.faults import NotReady

CLIENT_ID, CLIENT_SECRET = "segue", "a secret of both"
NAVIGATION = {"Sec-Fetch-Site": "same-origin"}


class FakeProvider:
    """A provider that logs everybody in as `subject`, and whose tokens a test can spoil.

    Attributes
    ----------
    spoil : dict
        Claims of ID tokens that are not as they should be.
    """

    def __init__(self) -> None:
        self.issuer = ""
        self.subject = "ada@provider"
        self.spoil: dict[str, Any] = {}
        self.key = self.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
        self.codes: dict[str, dict[str, str]] = {}
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self.metadata)
        self.app.get("/keys")(self.keys)
        self.app.post("/token")(self.token)

    def metadata(self) -> dict[str, Any]:
        """Return what the provider publishes about itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def keys(self) -> dict[str, Any]:
        """Return the keys by which its tokens are checked."""
        return {"keys": [self.key.as_dict(private=False)]}

    def authorize(self, url: str) -> tuple[str, str]:
        """Log somebody in, and return the state and the code with which the browser is sent back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert set(query["scope"].split()) == {"openid", "profile"}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return query["state"], code

    def token(
        self, code: str = Form(), code_verifier: str = Form(), redirect_uri: str = Form(), grant_type: str = Form()
    ) -> dict[str, Any]:
        """Exchange a code for tokens; PKCE and the address must be those of the authorization."""
        query = self.codes.pop(code)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        assert (query["code_challenge"], query["redirect_uri"]) == (challenge, redirect_uri)
        assert grant_type == "authorization_code"
        now_s = int(time.time())
        claims = {"iss": self.issuer, "sub": self.subject, "aud": CLIENT_ID, "iat": now_s, "exp": now_s + 300}
        claims |= {"nonce": query["nonce"], "name": "Ada L."} | self.spoil
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.signing_key)
        return {"access_token": "unused", "token_type": "Bearer", "id_token": token}


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    """A provider that listens on a port."""
    fake = FakeProvider()
    server = uvicorn.Server(uvicorn.Config(fake.app, port=0, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    fake.issuer = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield fake
    server.should_exit = True
    await serving


@pytest.fixture
async def client(fakes: Any, provider: FakeProvider) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that knows the provider."""
    async with fakes.gateway(openid=json.dumps([settings_of(provider)])) as opened:
        yield opened


def settings_of(provider: FakeProvider) -> dict[str, str]:
    return {
        "name": "example",
        "label": "Example & Sons",
        "issuer": provider.issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


async def depart(client: httpx.AsyncClient) -> str:
    """Begin a log-in, and return the provider's address."""
    answer = await client.get("/sessions/openid/example", headers=NAVIGATION)
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def come_back(client: httpx.AsyncClient, state: str, code: str) -> str:
    """Come back from the provider, and return where the browser is sent."""
    answer = await client.get("/sessions/openid/example/callback", params={"state": state, "code": code})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


async def log_in(client: httpx.AsyncClient, provider: FakeProvider) -> dict[str, Any]:
    """Log in at the provider, and return who the client is."""
    assert await come_back(client, *provider.authorize(await depart(client))) == "/account"
    return dict((await client.get("/me")).json())


async def test_the_page_is_told_of_the_providers_and_of_no_secret(client: httpx.AsyncClient) -> None:
    answer = await client.get("/me")
    assert answer.json()["sign_in"]["openid"] == [{"name": "example", "label": "Example & Sons"}]
    assert CLIENT_SECRET not in answer.text


async def test_a_log_in_makes_an_account_that_lasts(client: httpx.AsyncClient, provider: FakeProvider) -> None:
    me = await log_in(client, provider)
    assert (me["account"]["kind"], me["account"]["name"]) == ("lasting", None)
    assert me["account"]["identities"] == [{"issuer": provider.issuer, "name": "Ada L."}]
    assert "segue_openid" not in client.cookies


async def test_another_device_gets_the_same_account(client: httpx.AsyncClient, provider: FakeProvider) -> None:
    me = await log_in(client, provider)
    async with httpx.AsyncClient(base_url=client.base_url) as second:
        assert (await log_in(second, provider))["account"]["account_id"] == me["account"]["account_id"]
    provider.subject = "eve@provider"
    async with httpx.AsyncClient(base_url=client.base_url) as second:
        assert (await log_in(second, provider))["account"]["account_id"] != me["account"]["account_id"]


async def test_the_anonymous_account_becomes_the_lasting_one(client: httpx.AsyncClient, provider: FakeProvider) -> None:
    anonymous = (await client.post("/accounts", json={})).json()
    me = await log_in(client, provider)
    assert me["account"]["account_id"] == anonymous["account"]["account_id"]
    assert me["account"]["kind"] == "lasting"


async def test_an_identity_is_added_to_the_account_that_is_logged_in(
    client: httpx.AsyncClient, provider: FakeProvider
) -> None:
    body = {"name": "Ada", "password": "seven purple submarines"}
    registered = (await client.post("/accounts", json=body)).json()
    assert (await log_in(client, provider))["account"]["account_id"] == registered["account"]["account_id"]
    client.cookies.clear()
    assert (await log_in(client, provider))["account"]["name"] == "Ada"


@pytest.mark.parametrize(
    "spoil",
    [
        {"aud": "somebody-else"},
        {"aud": ["somebody-else"]},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"sub": ""},
    ],
    ids=str,
)
async def test_a_spoiled_token_logs_nobody_in(
    client: httpx.AsyncClient, provider: FakeProvider, spoil: dict[str, Any]
) -> None:
    provider.spoil = spoil
    location = await come_back(client, *provider.authorize(await depart(client)))
    assert location == "/account?sign-in=WRONG_CREDENTIALS"
    assert (await client.get("/me")).json()["account"] is None


async def test_a_token_that_another_key_signed_logs_nobody_in(
    client: httpx.AsyncClient, provider: FakeProvider
) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "one"})
    location = await come_back(client, *provider.authorize(await depart(client)))
    assert location == "/account?sign-in=WRONG_CREDENTIALS"
    assert (await client.get("/me")).json()["account"] is None


async def test_a_new_key_of_the_provider_is_fetched(client: httpx.AsyncClient, provider: FakeProvider) -> None:
    await log_in(client, provider)
    provider.key = provider.signing_key = RSAKey.generate_key(2048, {"kid": "two"})
    client.cookies.clear()
    assert (await log_in(client, provider))["account"] is not None


async def test_a_state_is_used_once_and_by_its_browser(client: httpx.AsyncClient, provider: FakeProvider) -> None:
    state, code = provider.authorize(await depart(client))
    async with httpx.AsyncClient(base_url=client.base_url) as victim:
        # An attacker's link must not log the victim in as the attacker.
        assert await come_back(victim, state, code) == "/account?sign-in=STOPPED"
        assert (await victim.get("/me")).json()["account"] is None
    cookie = {"Cookie": f"segue_openid={client.cookies['segue_openid']}"}
    assert await come_back(client, state, code) == "/account"
    client.cookies.clear()
    again = await client.get(
        "/sessions/openid/example/callback", params={"state": state, "code": "code-0"}, headers=cookie
    )
    assert again.headers["location"] == "/account?sign-in=WRONG_CREDENTIALS"


async def test_who_stops_at_the_provider_comes_back_without_a_session(
    client: httpx.AsyncClient, provider: FakeProvider
) -> None:
    state, _ = provider.authorize(await depart(client))
    params = {"state": state, "error": "access_denied"}
    answer = await client.get("/sessions/openid/example/callback", params=params)
    assert answer.headers["location"] == "/account?sign-in=STOPPED"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_the_page_of_another_site_begins_no_log_in(client: httpx.AsyncClient, site: str) -> None:
    answer = await client.get("/sessions/openid/example", headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, answer.json()["reason"]) == (403, "FOREIGN_ORIGIN")


async def test_an_unknown_provider_is_not_found(client: httpx.AsyncClient) -> None:
    for path in ("/sessions/openid/other", "/sessions/openid/other/callback?state=a&code=b"):
        answer = await client.get(path, headers=NAVIGATION | {"Cookie": "segue_openid=a"})
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")


async def test_a_provider_that_is_away_is_told(fakes: Any) -> None:
    away = {
        "name": "away",
        "label": "Away",
        "issuer": "http://127.0.0.1:9",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    async with fakes.gateway(openid=json.dumps([away])) as client:
        answer = await client.get("/sessions/openid/away", headers=NAVIGATION)
        assert answer.headers["location"] == "/account?sign-in=UPSTREAM"


async def test_a_provider_with_another_issuer_is_refused(fakes: Any, provider: FakeProvider) -> None:
    settings = settings_of(provider) | {"issuer": f"{provider.issuer}/"}
    async with fakes.gateway(openid=json.dumps([settings])) as client:
        answer = await client.get("/sessions/openid/example", headers=NAVIGATION)
        assert answer.headers["location"] == "/account?sign-in=UPSTREAM"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"name": "x"}',
        '[{"name": "x", "client_secret": "hidden"}]',
        '[{"name": "A B", "label": "x", "issuer": "https://x", "client_id": "x", "client_secret": "hidden"}]',
        '[{"name": "x", "label": "x", "issuer": "ftp://x", "client_id": "x", "client_secret": "hidden"}]',
        json.dumps([{"name": "x", "label": "x", "issuer": "https://x", "client_id": "x", "client_secret": "h"}] * 2),
    ],
)
def test_a_wrong_setting_is_explained_without_its_secrets(text: str) -> None:
    with pytest.raises(NotReady, match="SEGUE_OPENID") as caught:
        read_providers(text)
    assert "hidden" not in str(caught.value)


def test_no_setting_means_no_providers() -> None:
    assert read_providers("") == []
