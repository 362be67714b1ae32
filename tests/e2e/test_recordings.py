"""A recording becomes a piece, in a real browser against the real product."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, wait_until_heard
from e2e.test_access import violations

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AUDIBLE_RMS = 0.005
LISTEN = """() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      window.heard ??= this.context.createAnalyser();
      connect.call(this, window.heard);
    }
    return connect.call(this, target, ...rest);
  };
}"""
"""Puts an ear before the loudspeaker of Web Audio."""
IS_HEARD = """least => {
  if (!window.heard) return false;
  const samples = new Float32Array(window.heard.fftSize);
  window.heard.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) > least;
}"""
Halt = Callable[[str], AbstractContextManager[None]]


def test_a_recording_is_written_down_blended_and_heard(
    page: Page, fuse: FusePage, songs: dict[str, Path], recording: Path, client: GatewayClient, halted: Halt
) -> None:
    fuse.open()
    with halted("transcriber"):
        fuse.add("A", recording)
        expect(fuse.slot("A").get_by_role("progressbar", name="Transcription")).to_be_visible()
        assert violations(page) == []
        # What is being written down can be heard already: it is the recording itself.
        fuse.slot("A").get_by_role("button", name=f"Play {recording.name}").click()
        wait_until_heard(page)
    fuse.holds("A", recording.name)
    expect(fuse.slot("A")).to_contain_text(re.compile(r"About \d+ % of them should be right"))
    fuse.slot("A").get_by_text("See the notes").click()
    expect(fuse.slot("A").locator("piano-roll canvas")).to_have_attribute("data-notes", re.compile(r"^[1-9]"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        assert violations(page) == [], scheme

    fuse.add("B", songs["pop"])
    fuse.holds("B", "pop")
    fuse.start()
    blend = fuse.finish()
    assert fuse.roll_pixels() > 500
    fuse.result.locator("play-button[wide] button").click()
    wait_until_heard(page)
    assert client.duration_and_rms(blend)[1] > AUDIBLE_RMS
    expect(fuse.result.locator("h2")).to_have_text(f"Blend of {recording.stem} and pop")


def test_a_blend_may_be_asked_for_before_the_recording_is_written_down(
    fuse: FusePage, songs: dict[str, Path], recording: Path, halted: Halt
) -> None:
    fuse.open()
    fuse.add("B", songs["pop"])
    fuse.holds("B", "pop")
    with halted("transcriber"):
        fuse.add("A", recording)
        expect(fuse.slot("A").get_by_role("heading")).to_contain_text(recording.name)
        fuse.start()
        expect(fuse.progress).to_have_attribute("aria-valuetext", re.compile(r"^Transcribing"))
    fuse.finish()
    fuse.holds("A", recording.name)


def test_silence_is_explained_and_the_slot_is_free_again(fuse: FusePage, silence: Path) -> None:
    fuse.open()
    fuse.add("A", silence)
    problem = fuse.slot("A").get_by_role("alert")
    expect(problem).to_have_attribute("data-reason", "NO_NOTES")
    expect(fuse.slot("A").get_by_text("choose a file")).to_be_visible()


def test_the_mixer_lets_one_role_be_heard(page: Page, fuse: FusePage) -> None:
    page.add_init_script(f"({LISTEN})()")
    fuse.open("gan")
    page.get_by_label("Bars").fill("8")
    page.get_by_label("Seed").fill("4711")
    page.get_by_label("Seed").blur()
    fuse.start()
    fuse.finish()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    mixer = fuse.result.locator("stem-mixer")
    fuse.result.locator("play-button[wide] button").click()
    wait_until_heard(page)
    mixer.get_by_role("button", name="Solo Bass").click()
    expect(mixer.get_by_role("button", name="Solo Bass")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function("audio => audio.muted", arg=page.locator("audio").element_handle())
    page.wait_for_function(IS_HEARD, arg=AUDIBLE_RMS)
    assert {url.partition("?")[2] for url in asked if "/play/" in url and "roles" in url} == {"roles=bass"}
    mixer.get_by_role("button", name="All as they are").click()
    page.wait_for_function("audio => !audio.muted", arg=page.locator("audio").element_handle())


def test_the_roles_of_a_piece_add_up_to_it(client: GatewayClient, songs: dict[str, Path]) -> None:
    (file_id,) = client.upload(songs["funk"].read_bytes())
    roles = client.sounding_roles(file_id)
    assert roles == ["bass", "drums", "harmony", "lead"]
    whole = client.read_samples(file_id)
    stems = np.stack([client.read_samples(file_id, roles=role) for role in roles])
    assert stems.shape[1:] == whole.shape
    # The limiter touches the whole's peaks, and each stem is rounded by itself.
    assert float(np.square(whole - stems.sum(axis=0)).mean()) < 1e-3 * float(np.square(whole).mean())
