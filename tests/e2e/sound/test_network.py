"""Playback at 400 kbit/s and 400 ms: first sound, gaps, bytes a minute; and a server that goes away and comes back."""

import json
import os
import signal
from typing import Any

import midi_fixtures
import pytest
from http_client import GatewayClient
from playwright.sync_api import BrowserContext, Page, expect
from startall.testing import RunningProduct

from e2e.sound.sound_tap import longest_silence_s, read_tap
from e2e.sound.transport_page import SOUNDS, Transport

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 400_000 / 8, "uploadThroughput": 400_000 / 8}
HAS_ARRIVED = "url => performance.getEntriesByName(url).some(({ responseEnd }) => responseEnd > 0)"
MOST_BYTES_A_MINUTE = 1_200_000


def count_sound_bytes(context: BrowserContext, page: Page, conditions: dict[str, Any] | None = None) -> dict[str, int]:
    """Count the bytes that arrive for each URL of sound, headers included; and slow the network down."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    received: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))

    def add(event: dict[str, Any]) -> None:
        url = urls.get(event["requestId"], "")
        if "/play/" in url:
            received[url] = received.get(url, 0) + int(event["encodedDataLength"])

    session.on("Network.dataReceived", add)
    if conditions is not None:
        session.send("Network.emulateNetworkConditions", conditions)
    return received


@pytest.fixture
def blend(client: GatewayClient) -> dict[str, Any]:
    """Make a blend of 32 bars."""
    a, b = client.upload(midi_fixtures.funk(2), midi_fixtures.pop(2))
    job: dict[str, Any] = client.wait_until_ended(client.start_job("vae", file_ids=[a, b], weight=0.5, seed=1))
    return job


def test_a_slow_network_plays_soon_and_without_a_stall(
    recorded_context: BrowserContext, tapped: Page, blend: dict[str, Any], client: GatewayClient
) -> None:
    file_id = blend["results"][0]["file_id"]
    bars = client.http.get(f"/files/{file_id}").json()["summary"]["bars"]
    assert bars >= 32
    transport = Transport(tapped)
    tapped.goto(f"/fuse?job={blend['job_id']}")
    button = tapped.locator("result-stage").get_by_role("button", name="Play").first
    expect(button).to_be_visible()
    tapped.wait_for_load_state("networkidle")
    count_sound_bytes(recorded_context, tapped, SLOW)
    tapped.evaluate("() => addEventListener('click', () => (window.clickedAt ??= performance.now()), true)")
    button.click()
    tapped.wait_for_function(SOUNDS, polling=20)
    took_ms = tapped.evaluate("performance.now() - window.clickedAt")
    print(json.dumps({"first_sound_ms": round(took_ms)}))
    transport.wait_until(25)
    sound = read_tap(tapped).sounding()
    # The music itself rests less than this.
    assert longest_silence_s(sound) < 0.4
    assert took_ms < 2_500


def test_the_mix_and_all_stems_are_small(
    recorded_context: BrowserContext, tapped: Page, blend: dict[str, Any], client: GatewayClient
) -> None:
    received = count_sound_bytes(recorded_context, tapped)
    transport = Transport(tapped)
    tapped.goto(f"/fuse?job={blend['job_id']}")
    file_id = blend["results"][0]["file_id"]
    tapped.locator("result-stage").get_by_role("button", name="Play").first.click()
    mixer = tapped.locator("result-stage stem-mixer")
    roles = client.sounding_roles(file_id)
    transport.wait_until(0.5)
    # One fader a little lower: all roles play by themselves.
    mixer.get_by_role("slider", name="Volume of Lead").fill("90")
    wanted = {f"roles={role}" for role in roles} | {"format=opus"}
    seconds = client.duration_and_rms(file_id)[0]
    for part in sorted(wanted):
        url = next_url(tapped, received, file_id, part)
        tapped.wait_for_function(
            "url => performance.getEntriesByName(url).some(({ responseEnd }) => responseEnd > 0)", arg=url
        )
    total = sum(n_bytes for url, n_bytes in received.items() if file_id in url)
    print(json.dumps({"bytes_a_minute": round(total * 60 / seconds), "files": len(received)}))
    assert total * 60 / seconds <= MOST_BYTES_A_MINUTE


def next_url(page: Page, received: dict[str, int], file_id: str, part: str) -> str:
    """Wait until sound is received whose URL ends with a part of the query; return the URL."""
    while True:
        for url in received:
            if file_id in url and url.endswith(part):
                return url
        page.wait_for_timeout(50)


def test_buffering_is_shown_and_ends(
    recorded_context: BrowserContext, tapped: Page, client: GatewayClient, product: RunningProduct
) -> None:
    (file_id,) = client.upload(midi_fixtures.waltz(2))
    transport = Transport(tapped)
    transport.open(file_id)
    pid = product.pid("renderer")
    os.kill(pid, signal.SIGSTOP)
    try:
        transport.play_button.click()
        expect(transport.bar.get_by_text("Buffering…")).to_be_visible()
    finally:
        os.kill(pid, signal.SIGCONT)
    transport.wait_until(1)
    expect(transport.bar.get_by_text("Buffering…")).to_have_count(0)


def test_a_connection_that_breaks_is_taken_up_again_where_it_broke(tapped: Page, client: GatewayClient) -> None:
    (file_id,) = client.upload(midi_fixtures.funk())
    client.http.get(f"/play/{file_id}?format=opus")
    whole = client.http.get(f"/play/{file_id}?format=opus")
    ranges: list[str | None] = []

    def answer(route: Any) -> None:
        ranges.append(route.request.headers.get("range"))
        headers = {name: whole.headers[name] for name in ("content-type", "etag", "x-content-duration")}
        if len(ranges) == 1:
            # A third of the file, as long as is not announced: what follows was lost.
            route.fulfill(status=200, headers=headers, body=whole.content[: len(whole.content) // 3])
        elif len(ranges) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    tapped.route("**/play/*format=opus", answer)
    transport = Transport(tapped)
    transport.open(file_id)
    transport.play_button.click()
    transport.wait_until(whole_seconds(whole.headers) / 2)
    assert ranges[0] is None
    assert ranges[2] == f"bytes={len(whole.content) // 3}-"
    assert longest_silence_s(read_tap(tapped).sounding()) < 0.4


def test_a_server_that_stays_away_is_a_clear_sentence_and_play_tries_again(tapped: Page, client: GatewayClient) -> None:
    (file_id,) = client.upload(midi_fixtures.funk())
    transport = Transport(tapped)
    transport.open(file_id)
    tapped.route("**/play/**", lambda route: route.abort("connectionrefused"))
    transport.play_button.click()
    expect(transport.bar.get_by_text("Connection lost. Trying again…")).to_be_visible()
    alert = transport.bar.get_by_role("alert")
    expect(alert).to_contain_text("The sound stopped: the server does not answer.", timeout=30_000)
    transport.expect_playing(False)
    tapped.unroute("**/play/**")
    transport.bar.get_by_role("button", name="Play", exact=True).click()
    transport.wait_until(0.5)
    expect(alert).to_have_count(0)


def whole_seconds(headers: Any) -> float:
    """Return the announced length of sound."""
    return float(headers["x-content-duration"])
