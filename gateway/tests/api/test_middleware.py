"""The middleware: request ids, security headers, limits, logs and metrics; the built page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway.api.middleware import TokenBucketLimiter
from servicekit import faults
from servicekit.faults import Overloaded

MIDI = b"MThd" + bytes(60)


async def test_every_answer_is_safe_for_a_browser(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/nothing", "/openapi.json"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'self'"
        assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
        assert (policy["object-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
        assert "server" not in headers


async def test_an_id_is_kept_or_drawn(client: httpx.AsyncClient) -> None:
    retained = await client.get("/nothing", headers={"X-Request-Id": "abc-123"})
    assert (retained.headers["x-request-id"], retained.json()["request_id"]) == ("abc-123", "abc-123")
    generated = await client.get("/nothing", headers={"X-Request-Id": "a b\tc"})
    assert len(generated.headers["x-request-id"]) == 16


@pytest.mark.parametrize(
    ("method", "path", "status", "reason"),
    [
        ("GET", "/nothing/here", 404, "NOT_FOUND"),
        ("GET", "/" + "a" * 300, 404, "NOT_FOUND"),
        ("POST", "/nothing/here", 404, "NOT_FOUND"),
        ("POST", "/styles", 405, "NOT_ALLOWED"),
        ("PUT", "/upload", 405, "NOT_ALLOWED"),
        ("GET", "/files/unknown", 404, "NOT_FOUND"),
        ("GET", "/files/unknown/notes", 404, "NOT_FOUND"),
        ("DELETE", "/files/unknown", 404, "NOT_FOUND"),
        ("GET", "/download/unknown", 404, "NOT_FOUND"),
        ("GET", "/play/unknown", 404, "NOT_FOUND"),
        ("GET", "/problems/unknown", 404, "NOT_FOUND"),
    ],
)
async def test_the_frameworks_own_errors_are_problems(
    client: httpx.AsyncClient, method: str, path: str, status: int, reason: str
) -> None:
    answer = await client.request(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["reason"], problem["instance"]) == (
        status,
        status,
        reason,
        path,
    )
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert answer.headers["allow"]


async def test_a_name_that_no_file_can_have_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/%00")).status_code == 404


async def test_methods_that_a_client_made_up_are_counted_as_one(client: httpx.AsyncClient) -> None:
    for method in ("MADE1", "MADE2"):
        await client.request(method, "/styles")
    metrics = (await client.get("/metrics")).text
    assert 'method="other"' in metrics
    assert "MADE" not in metrics


async def test_a_bug_is_told_as_nothing(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("gateway.clients.style_catalog.StyleCatalog.all", broken)
    async with fakes.gateway() as client:
        answer = await client.get("/styles")
        assert (answer.status_code, answer.json()["reason"]) == (500, "INTERNAL")
        assert answer.json()["detail"] == "Something went wrong inside Segue. It has been logged."
        assert "hunter2" not in answer.text


async def test_every_kind_of_problem_has_its_page(client: httpx.AsyncClient) -> None:
    for reason, kind in faults.table().items():
        answer = await client.get(f"/problems/{reason.lower().replace('_', '-')}")
        assert answer.status_code == 200
        assert (reason in answer.text, str(kind.http_status) in answer.text) == (True, True)


def test_a_clients_calls_are_limited_and_others_are_not() -> None:
    limit = TokenBucketLimiter(per_minute=60)
    for _ in range(60):
        limit.acquire("a", 0.0)
    with pytest.raises(Overloaded, match="More than 60 calls in a minute") as refused:
        limit.acquire("a", 0.0)
    assert refused.value.retry_after_s == 1.0
    limit.acquire("b", 0.0)
    # A second later one more call is allowed.
    limit.acquire("a", 1.0)
    with pytest.raises(Overloaded, match="in a minute"):
        limit.acquire("a", 1.0)


async def test_too_many_calls_are_told_when_to_come_back(fakes: Any) -> None:
    async with fakes.gateway(rate_limit_per_minute=3) as client:
        answers = [await client.get("/gallery") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["reason"] == "OVERLOADED"
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert (await client.get("/health/live")).json() == {"status": "live"}


async def test_ready_is_when_every_service_has_served_once(fakes: Any) -> None:
    await fakes.stop("gan")
    async with fakes.gateway() as client:
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "starting")
        assert answer.json()["services"]["gan"] == "away"
        assert answer.json()["services"]["vae"] == "serving"


async def test_ready_stays_when_a_service_goes(client: httpx.AsyncClient, fakes: Any) -> None:
    answer = await client.get("/health/ready")
    while answer.status_code == 503:
        answer = await client.get("/health/ready")
    assert answer.json() == {
        "status": "ready",
        "services": dict.fromkeys(("transposer", "vae", "gan", "renderer", "scraper", "transcriber"), "serving"),
        "store": "serving",
        "database": "serving",
        "gallery": "filled",
    }
    await fakes.stop("vae")
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["services"]["vae"]) == (200, "away")


async def test_the_metrics_count_calls_and_jobs(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.blend(client)
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'segue_http_requests_total{method="POST",route="/generate/vae",status="202"}' in answer.text
    assert 'segue_jobs_ended_total{method="vae",state="succeeded"}' in answer.text


async def test_the_styles_are_the_generators(client: httpx.AsyncClient) -> None:
    styles = (await client.get("/styles")).json()["styles"]
    assert [(style["id"], style["meters"]) for style in styles] == [("jazz", ["4/4"]), ("folk", ["3/4", "4/4"])]
    assert styles[0]["roles"] == ["lead", "harmony", "bass", "drums"]


async def test_the_soundfonts_are_the_renderers(client: httpx.AsyncClient) -> None:
    soundfonts = (await client.get("/soundfonts")).json()["soundfonts"]
    assert soundfonts == [
        {"name": "fake", "title": "Fake bank", "is_default": True},
        {"name": "thin", "title": "thin", "is_default": False},
    ]


async def test_the_styles_are_known_while_the_generator_is_away(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.clients.style_catalog._FRESH_S", 0.0)
    async with fakes.gateway() as client:
        before = (await client.get("/styles")).json()
        await fakes.stop("gan")
        for _ in range(3):
            assert (await client.get("/styles")).json() == before


async def test_styles_that_were_never_read_are_a_problem(client: httpx.AsyncClient, fakes: Any) -> None:
    await fakes.stop("gan")
    answer = await client.get("/styles")
    assert (answer.status_code, answer.json()["reason"]) == (503, "UPSTREAM")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A built page."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Segue</title>")
    (folder / "assets" / "main-1a2b.js").write_text("export {}")
    (tmp_path / "secret").write_text("secret")
    return folder


async def test_the_page_answers_every_address_that_a_browser_asks(fakes: Any, web: Path) -> None:
    async with fakes.gateway(web_dist=web) as client:
        html = {"Accept": "text/html,application/xhtml+xml"}
        for path in ("/", "/fuse", "/gallery", "/how-it-works", "/index.html"):
            answer = await client.get(path, headers=html)
            assert (answer.status_code, answer.text) == (200, "<title>Segue</title>"), path
            assert answer.headers["cache-control"] == "no-cache"
        script = await client.get("/assets/main-1a2b.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        data = await client.get("/gallery")
        assert (data.json(), data.headers["vary"]) == ({"items": []}, "Accept")
        # Otherwise a browser's back button would show the data instead of the page.
        assert data.headers["cache-control"] == "no-store"
        assert (await client.get("/fuse")).status_code == 404


async def test_nothing_outside_the_page_is_given(fakes: Any, web: Path) -> None:
    async with fakes.gateway(web_dist=web) as client:
        for path in ("/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "//etc/passwd"):
            answer = await client.get(path)
            assert (answer.status_code, "secret" in answer.text.split("instance")[0]) == (404, False)


async def test_an_unbuilt_page_says_how_to_build_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "The web page has not been built. `make run` builds it.",
    )
