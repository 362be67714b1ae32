"""Recordings and the mixer, in a real browser against the running product."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, playback_time_s, wait_until_playing
from e2e.test_accessibility import violations

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AUDIBLE_RMS = 0.005
TAP_AUDIO_OUTPUT = """() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      window.outputAnalyser ??= this.context.createAnalyser();
      connect.call(this, window.outputAnalyser);
    }
    return connect.call(this, target, ...rest);
  };
}"""
"""Connects an analyser to everything that Web Audio sends to the loudspeaker."""
IS_AUDIBLE = """minRms => {
  if (!window.outputAnalyser) return false;
  const samples = new Float32Array(window.outputAnalyser.fftSize);
  window.outputAnalyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) > minRms;
}"""
Suspend = Callable[[str], AbstractContextManager[None]]


def test_a_recording_is_transcribed_blended_and_played(
    page: Page, fuse: FusePage, songs: dict[str, Path], recording: Path, client: GatewayClient, suspended: Suspend
) -> None:
    fuse.open()
    with suspended("transcriber"):
        fuse.add_file("A", recording)
        expect(fuse.slot("A").get_by_role("progressbar", name="Transcription")).to_be_visible()
        assert violations(page) == []
        # The recording itself can be played before its transcription is complete.
        fuse.slot("A").get_by_role("button", name=f"Play {recording.stem}").click()
        wait_until_playing(page)
    fuse.expect_piece("A", recording.stem)
    expect(fuse.slot("A")).to_contain_text(re.compile(r"About \d+% of the notes should be correct"))
    fuse.slot("A").get_by_text("Show the notes").click()
    expect(fuse.slot("A").locator("piano-roll canvas")).to_have_attribute("data-notes", re.compile(r"^[1-9]"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        assert violations(page) == [], scheme

    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("B", "pop")
    fuse.submit()
    blend = fuse.wait_for_result()
    assert fuse.count_note_pixels() > 500
    fuse.play()
    wait_until_playing(page)
    assert client.duration_and_rms(blend)[1] > AUDIBLE_RMS
    expect(fuse.stage.locator("h2")).to_have_text(f"{recording.stem} x pop, 50%")


def test_a_blend_can_be_submitted_before_the_transcription_is_complete(
    fuse: FusePage, songs: dict[str, Path], recording: Path, suspended: Suspend
) -> None:
    fuse.open()
    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("B", "pop")
    with suspended("transcriber"):
        fuse.add_file("A", recording)
        expect(fuse.slot("A").get_by_role("heading")).to_contain_text(recording.stem)
        fuse.submit()
        expect(fuse.progress).to_have_attribute("aria-valuetext", re.compile(r"^Transcribing"))
    fuse.wait_for_result()
    fuse.expect_piece("A", recording.stem)


def test_silence_shows_a_problem_and_empties_the_slot(fuse: FusePage, silence: Path) -> None:
    fuse.open()
    fuse.add_file("A", silence)
    problem = fuse.slot("A").get_by_role("alert")
    expect(problem).to_have_attribute("data-reason", "NO_NOTES")
    expect(fuse.slot("A").get_by_text("choose a file")).to_be_visible()


def test_the_mixer_plays_a_single_role(page: Page, fuse: FusePage) -> None:
    page.add_init_script(f"({TAP_AUDIO_OUTPUT})()")
    fuse.open("gan")
    page.get_by_label("Bars").fill("8")
    page.get_by_label("Seed").fill("4711")
    page.get_by_label("Seed").blur()
    fuse.submit()
    fuse.wait_for_result()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    mixer = fuse.stage.locator("stem-mixer")
    fuse.play()
    wait_until_playing(page)
    with page.expect_response(re.compile("roles=bass")):
        mixer.get_by_role("button", name="Solo Bass").click()
    expect(mixer.get_by_role("button", name="Solo Bass")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(IS_AUDIBLE, arg=AUDIBLE_RMS)
    assert {url.partition("?")[2] for url in urls if "/play/" in url and "roles" in url} == {"format=opus&roles=bass"}
    mixer.get_by_role("button", name="Reset mixer").click()
    wait_until_playing(page, playback_time_s(page) + 0.2)


def test_the_stems_of_a_piece_add_up_to_the_whole(client: GatewayClient, songs: dict[str, Path]) -> None:
    (file_id,) = client.upload(songs["funk"].read_bytes())
    roles = client.sounding_roles(file_id)
    assert roles == ["bass", "drums", "harmony", "lead"]
    whole = client.read_samples(file_id)
    stems = np.stack([client.read_samples(file_id, roles=role) for role in roles])
    assert stems.shape[1:] == whole.shape
    # The limiter changes the peaks of the whole, and each stem is rounded separately.
    assert float(np.square(whole - stems.sum(axis=0)).mean()) < 1e-3 * float(np.square(whole).mean())
