"""The transport, measured by its sound: loop, tempo, metronome, count-in, volume, A / blend / B, media keys, tabs."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from http_client import GatewayClient
from numpy.typing import NDArray
from playwright.sync_api import BrowserContext, Page, expect

from e2e.sound.measured_pieces import A4_HZ, click_piece, tone_piece
from e2e.sound.sound_tap import RATE_HZ, clear_tap, longest_silence_s, onsets_s, peak_hz, read_tap, record, rms
from e2e.sound.transport_page import Transport

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Upload = Callable[[bytes], str]
BEAT_S = 0.5
"""At 120 BPM."""

NOTE_KEYS = """
window.addEventListener('keydown', () => {
  const position = document.querySelector('segue-app').shadowRoot.querySelector('player-dock').shadowRoot;
  window.pressed = [window.soundTap.length * 128 / 48000, Number(position.querySelector('.seek input').value)];
}, true);
"""
"""Notes how much was recorded, and the time that was shown, when a key was pressed."""

CAPTURE_MEDIA_ACTIONS = """
window.mediaActions = {};
const setHandler = MediaSession.prototype.setActionHandler;
MediaSession.prototype.setActionHandler = function (action, handler) {
  window.mediaActions[action] = handler;
  return setHandler.call(this, action, handler);
};
"""


def test_a_loop_of_bars_has_no_gap(transport: Transport, upload: Upload) -> None:
    piece = upload(tone_piece())
    transport.open(piece)
    transport.start()
    transport.loop_bars(2, 2)
    transport.expect_time(2.5, 0.5)
    sound = record(transport.page, 7)
    # Three rounds of two seconds inside a tone that is held: it never rests.
    assert longest_silence_s(sound.samples) == 0
    levels = rms(sound.samples, 0.02)
    assert levels.min() > 0.5 * np.median(levels)
    assert 2.0 - 0.1 <= transport.time_s <= 4.1


def test_a_loop_keeps_the_beat(transport: Transport, upload: Upload) -> None:
    piece = upload(click_piece())
    transport.open(piece)
    transport.start()
    transport.loop_bars(3, 3)
    transport.expect_time(5, 1)
    spacing = np.diff(onsets_s(record(transport.page, 7).samples))
    assert len(spacing) >= 12
    np.testing.assert_allclose(spacing, BEAT_S, atol=0.008)


@pytest.mark.parametrize("percent", [50, 75, 150, 200])
def test_the_tempo_changes_and_no_server_is_asked(transport: Transport, upload: Upload, percent: int) -> None:
    piece = upload(click_piece(32))
    transport.open(piece)
    transport.start()
    transport.wait_until(1)
    transport.page.wait_for_load_state("networkidle")
    calls: list[str] = []
    transport.page.on("request", lambda request: calls.append(request.url))
    set_tempo(transport, percent)
    spacing = np.diff(onsets_s(record(transport.page, 5).samples, spacing_s=0.2))
    assert float(np.median(spacing)) == pytest.approx(BEAT_S * 100 / percent, rel=0.02)
    assert [url for url in calls if "/play/" in url or "/files/" in url] == []
    set_tempo(transport, 100)
    spacing = np.diff(onsets_s(record(transport.page, 3).samples))
    np.testing.assert_allclose(spacing, BEAT_S, atol=0.008)


@pytest.mark.parametrize("percent", [50, 80, 125, 200])
def test_the_tempo_leaves_the_pitch(transport: Transport, upload: Upload, percent: int) -> None:
    piece = upload(tone_piece(69, 32))
    transport.open(piece)
    transport.start()
    assert peak_hz(record(transport.page, 1).samples) == pytest.approx(A4_HZ, rel=0.01)
    set_tempo(transport, percent)
    began_s = transport.time_s
    sound = record(transport.page, 3)
    passed_s = transport.time_s - began_s
    assert peak_hz(sound.samples) == pytest.approx(A4_HZ, rel=0.01)
    assert longest_silence_s(sound.samples) == 0
    assert passed_s == pytest.approx(3 * percent / 100, rel=0.25)


def test_the_volume_survives_a_reload(transport: Transport, upload: Upload) -> None:
    piece = upload(tone_piece())
    transport.open(piece)
    transport.start()
    transport.wait_until(0.5)
    loud = float(np.median(rms(record(transport.page, 1).samples)))
    transport.volume.fill("50")
    transport.page.reload()
    expect(transport.volume).to_have_value("50")
    transport.start()
    transport.wait_until(0.5)
    quiet = float(np.median(rms(record(transport.page, 1).samples)))
    assert quiet == pytest.approx(loud * 0.25, rel=0.15)


def test_the_metronome_clicks_on_each_beat_and_higher_on_each_bar(transport: Transport, upload: Upload) -> None:
    piece = upload(tone_piece(held_bars=16))
    transport.open(piece)
    transport.bar.get_by_role("button", name="Metronome").click()
    transport.start()
    transport.wait_until(1)
    sound = record(transport.page, 6)
    # A click during which the recording begins has no time of its own.
    bars, beats = (times[times > 0.05] for times in (click_times_s(sound.samples, hz) for hz in (1760, 1175)))
    np.testing.assert_allclose(np.diff(bars), 4 * BEAT_S, atol=0.011)
    assert len(bars) >= 2
    assert len(beats) >= 7
    np.testing.assert_allclose(np.diff(np.sort(np.concatenate([bars, beats]))), BEAT_S, atol=0.011)
    transport.bar.get_by_role("button", name="Metronome").click()
    silent = record(transport.page, 2)
    assert len(click_times_s(silent.samples, 1760)) == len(click_times_s(silent.samples, 1175)) == 0


def test_a_bar_is_counted_in(transport: Transport, upload: Upload) -> None:
    piece = upload(tone_piece())
    transport.open(piece)
    transport.bar.get_by_role("button", name="Count-in").click()
    transport.start()
    transport.wait_until(1)
    samples = read_tap(transport.page).samples
    tone_s = np.flatnonzero(band_level(samples, A4_HZ) > 0.03)[0] * 0.01
    before = samples[: round((tone_s - 0.05) * RATE_HZ)]
    bars, beats = click_times_s(before, 1760), click_times_s(before, 1175)
    assert (len(bars), len(beats)) == (1, 3)
    assert tone_s - bars[0] == pytest.approx(4 * BEAT_S, abs=0.04)


def test_previous_and_next_follow_the_page(transport: Transport) -> None:
    page = transport.page
    page.goto("/gallery")
    cards = page.locator("gallery-card")
    cards.first.get_by_role("button", name="Play").first.click()
    first = transport.title.inner_text()
    transport.bar.get_by_role("button", name="Next piece").click()
    expect(transport.title).not_to_have_text(first)
    second = transport.title.inner_text()
    transport.expect_playing()
    transport.bar.get_by_role("button", name="Previous piece").click()
    expect(transport.title).to_have_text(first)
    assert second != first


@pytest.fixture
def blend(client: GatewayClient, songs: dict[str, Any]) -> dict[str, str]:
    """Make a blend, and return the ids of A, the blend and B."""
    a, b = client.upload(songs["funk"].read_bytes(), songs["pop"].read_bytes())
    job = client.wait_until_ended(client.start_job("vae", file_ids=[a, b], weight=0.5, seed=1))
    return {"a": a, "blend": job["results"][0]["file_id"], "b": b, "job": job["job_id"]}


def test_a_blend_and_b_switch_at_the_same_bar_within_a_beat(
    transport: Transport, blend: dict[str, str], client: GatewayClient
) -> None:
    page = transport.page
    loaded: set[str] = set()
    page.on("requestfinished", lambda request: loaded.add(request.url.partition("/play/")[2]))
    page.goto(f"/fuse?job={blend['job']}")
    page.locator("result-stage").get_by_role("button", name="Play").first.click()
    compare = transport.bar.get_by_role("group", name="Compare at the same bar")
    expect(compare.get_by_role("button")).to_have_count(3)
    grids = {side: client.http.get(f"/files/{blend[side]}/notes").json() for side in ("a", "blend", "b")}
    sounds = {side: client.read_samples(blend[side], sample_rate="48000").mean(axis=1) for side in grids}
    for side in grids:
        while f"{blend[side]}?format=opus" not in loaded:
            page.wait_for_event("requestfinished")
    transport.seek(5)
    transport.wait_until(6)
    page.evaluate(NOTE_KEYS)
    current = "blend"
    for key, side in (("1", "a"), ("3", "b"), ("2", "blend")):
        clear_tap(page)
        page.wait_for_function("() => window.soundTap.length >= 20")
        page.keyboard.press(key)
        pressed_s, shown_s = page.evaluate("window.pressed")
        expect(compare.get_by_role("button", name=re.compile(f"^{side}:", re.I))).to_have_attribute(
            "aria-pressed", "true"
        )
        n_blocks = int((pressed_s + 2.5) * RATE_HZ / 128)
        page.wait_for_function("n => window.soundTap.length >= n", arg=n_blocks)
        sound = read_tap(page).samples
        switch_s, position_s = find_switch(sound, sounds[side], pressed_s, transport.time_s)
        beat_s = 60 / grids[current]["tempo_bpm"]
        assert switch_s - pressed_s <= beat_s + 0.25, f"{side} came after {switch_s - pressed_s:.2f} s"
        before_s = shown_s + switch_s - pressed_s
        assert bar_share(grids[side], position_s) == pytest.approx(bar_share(grids[current], before_s), abs=0.02)
        current = side


def test_media_keys_know_the_title_and_the_parents(
    recorded_context: BrowserContext, blend: dict[str, str], client: GatewayClient
) -> None:
    recorded_context.add_init_script(CAPTURE_MEDIA_ACTIONS)
    page = recorded_context.new_page()
    transport = Transport(page)
    page.goto(f"/fuse?job={blend['job']}")
    page.locator("result-stage").get_by_role("button", name="Play").first.click()
    transport.wait_until(1)
    parents = client.http.get(f"/files/{blend['blend']}").json()["provenance"]["parents"]
    artist = " × ".join(parent["title"] for parent in parents)
    page.wait_for_function("artist => navigator.mediaSession.metadata.artist === artist", arg=artist)
    assert page.evaluate("navigator.mediaSession.metadata.title") == transport.title.inner_text()
    assert page.evaluate("navigator.mediaSession.playbackState") == "playing"
    page.evaluate("window.mediaActions.seekto({ seekTime: 12 })")
    transport.expect_time(12.3, 0.5)
    page.evaluate("window.mediaActions.pause()")
    transport.expect_playing(False)
    page.evaluate("window.mediaActions.play()")
    transport.expect_playing()


def test_a_tab_that_starts_pauses_the_others(recorded_context: BrowserContext, upload: Upload) -> None:
    piece = upload(tone_piece())
    first, second = Transport(recorded_context.new_page()), Transport(recorded_context.new_page())
    first.open(piece)
    first.start()
    second.open(piece)
    second.start()
    first.expect_playing(False)
    second.expect_playing()
    clear_tap(first.page)
    first.play_button.click()
    second.expect_playing(False)
    first.expect_playing()


def test_it_plays_at_any_tempo_under_its_content_policy(page: Page, upload: Upload) -> None:
    transport, piece = Transport(page), upload(tone_piece())
    transport.open(piece)
    transport.play_button.click()
    transport.wait_until(0.5)
    transport.tempo.fill("200")
    transport.wait_until(6)
    expect(transport.bar.get_by_role("alert")).to_have_count(0)


def set_tempo(transport: Transport, percent: int) -> None:
    """Set the tempo, and wait until it sounds."""
    transport.tempo.fill(str(percent))
    expect(transport.bar.get_by_role("button", name=f"Tempo {percent}%")).to_be_visible()
    clear_tap(transport.page)
    # What was scheduled before the change ends within half a second.
    transport.page.wait_for_function("() => window.soundTap.length >= 300")


def band_level(samples: NDArray[np.float32], frequency_hz: float) -> NDArray[np.float64]:
    """Return the amplitude of one frequency in consecutive windows of 10 ms."""
    size = RATE_HZ // 100
    windows = samples[: len(samples) // size * size].astype(np.float64).reshape(-1, size)
    turns = np.exp(-2j * np.pi * frequency_hz * np.arange(size) / RATE_HZ)
    return np.asarray(2 * np.abs((windows * np.hanning(size)) @ turns) / np.hanning(size).sum())


def click_times_s(samples: NDArray[np.float32], frequency_hz: float) -> NDArray[np.float64]:
    """Return when the metronome clicks at a frequency."""
    other_hz = 1175.0 if frequency_hz == 1760 else 1760.0
    level = band_level(samples, frequency_hz)
    found = np.flatnonzero((level > 0.04) & (level > band_level(samples, other_hz)))
    starts = found[np.insert(np.diff(found) > 10, 0, True)] if len(found) else found
    return np.asarray(starts * 0.01)


def locate(excerpt: NDArray[np.float32], whole: NDArray[np.float64]) -> int:
    """Return the sample at which an excerpt of a recording begins."""
    size = 1 << (len(whole) + len(excerpt)).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(excerpt, size))
    return int(np.argmax(np.fft.irfft(spectrum)[: len(whole)]))


def find_switch(
    sound: NDArray[np.float32], piece: NDArray[np.float64], from_s: float, shown_s: float
) -> tuple[float, float]:
    """Return when a recording becomes that of a piece, and the piece's time then.

    Music repeats itself: its place is looked for around the time that is shown at the end of the recording.
    """
    last = sound[-RATE_HZ:]
    around = max(0, round((shown_s - 2.5) * RATE_HZ))
    offset = around + locate(last, piece[around : around + 4 * RATE_HZ]) - (len(sound) - RATE_HZ)
    size = RATE_HZ // 20
    for start in range(round(from_s * RATE_HZ), len(sound) - size, size):
        if not 0 <= start + offset < len(piece) - size:
            continue
        played, expected = sound[start : start + size], piece[start + offset : start + offset + size]
        if np.corrcoef(played, expected)[0, 1] > 0.8:
            return start / RATE_HZ, (start + offset) / RATE_HZ
    raise AssertionError("the piece is not in the recording")


def bar_share(grid: dict[str, Any], time_s: float) -> float:
    """Return a time as the share of a piece's bars before it."""
    bars = [*grid["bars_s"], grid["duration_s"]]
    return float(np.interp(time_s, bars, np.arange(len(bars)))) / (len(bars) - 1)
