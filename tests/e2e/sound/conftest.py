"""Fixtures: pages whose sound is recorded, and pieces made to be measured."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import mido
import pytest
from http_client import GatewayClient
from playwright.sync_api import Browser, BrowserContext, Page, expect
from startall.testing import RunningProduct

from e2e.sound.sound_tap import install_tap

TICKS = 480
FLUTE_LIKE, BASS_LIKE = 79, 38
"""The ocarina is nearly a sine; its pitch is the strongest partial."""
CLAP = 37
"""The rim shot: short, so that onsets are apart."""


@dataclass(frozen=True)
class Uploaded:
    """A piece in the product."""

    file_id: str
    title: str


def tone_piece(pitch: int, bars: int = 16, tempo_bpm: float = 120, with_drums: bool = False) -> bytes:
    """Write a piece of one long tone, held for all bars, and a rim shot on each beat."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm))])
    conductor.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    file.tracks.append(conductor)
    # One note a bar, each bound to the next: the tone never rests, and the piece has bars.
    tone = mido.MidiTrack([mido.Message("program_change", program=FLUTE_LIKE, channel=0)])
    for _ in range(bars):
        tone.append(mido.Message("note_on", note=pitch, velocity=100, channel=0))
        tone.append(mido.Message("note_off", note=pitch, velocity=0, channel=0, time=4 * TICKS))
    file.tracks.append(tone)
    if with_drums:
        drums = mido.MidiTrack()
        for _ in range(4 * bars):
            drums.append(mido.Message("note_on", note=CLAP, velocity=120, channel=9))
            drums.append(mido.Message("note_off", note=CLAP, velocity=0, channel=9, time=TICKS))
        file.tracks.append(drums)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def click_piece(bars: int = 16, tempo_bpm: float = 120) -> bytes:
    """Write a piece of rim shots alone, one on each beat."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo_bpm))])
    file.tracks.append(conductor)
    drums = mido.MidiTrack()
    for _ in range(4 * bars):
        drums.append(mido.Message("note_on", note=CLAP, velocity=120, channel=9))
        drums.append(mido.Message("note_off", note=CLAP, velocity=0, channel=9, time=TICKS))
    file.tracks.append(drums)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


@pytest.fixture
def upload(client: GatewayClient) -> Callable[[bytes], Uploaded]:
    """Return a function that uploads a piece."""

    def send(data: bytes) -> Uploaded:
        (file_id,) = client.upload(data)
        return Uploaded(file_id, client.http.get(f"/files/{file_id}").json()["name"])

    return send


@pytest.fixture
def recorded_context(browser: Browser, product: RunningProduct) -> Iterator[BrowserContext]:
    """A browser context whose sound is recorded."""
    opened = browser.new_context(
        base_url=product.url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce", bypass_csp=True
    )
    opened.set_default_timeout(30_000)
    install_tap(opened)
    yield opened
    opened.close()


@pytest.fixture
def tapped(recorded_context: BrowserContext) -> Iterator[Page]:
    """A page whose sound is recorded. The test fails if it throws."""
    page = recorded_context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def open_piece(page: Page, piece: Uploaded) -> None:
    """Open the fuse page with a piece as A, and wait for its play button."""
    page.goto(f"/fuse?a={piece.file_id}")
    expect(page.get_by_role("button", name=f"Play {piece.title}").first).to_be_visible()


def start(page: Page, piece: Uploaded) -> None:
    """Play a piece that is shown."""
    page.get_by_role("button", name=f"Play {piece.title}").first.click()
    page.wait_for_function("() => window.soundTap.some(({ samples }) => samples.some((one) => Math.abs(one) > 1e-3))")
