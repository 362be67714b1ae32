"""Two files become one, in a real browser against the real product."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import mido
import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, wait_until_heard

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AUDIBLE_RMS = 0.005
CARRY_FILES = """files => {
  const carried = new DataTransfer();
  for (const [name, bytes] of files) carried.items.add(new File([new Uint8Array(bytes)], `${name}.mid`));
  return carried;
}"""
Halt = Callable[[str], AbstractContextManager[None]]


def test_two_files_are_blended_seen_heard_and_downloaded(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient, halted: Halt
) -> None:
    fuse.open()
    fuse.add("A", songs["funk"])
    fuse.holds("A", "funk")
    expect(fuse.slot("A")).to_contain_text("16 bars")
    expect(fuse.slot("A")).to_contain_text("110 bpm")
    expect(fuse.slot("A")).to_contain_text("E minor")
    fuse.add("B", songs["pop"])
    fuse.holds("B", "pop")

    with halted("vae"):
        fuse.start()
        expect(fuse.progress).to_have_attribute("aria-valuetext", re.compile(r"^Blending"))
        expect(fuse.obstacle).to_have_text("One job at a time: this one is running.")
    file_id = fuse.finish()

    assert fuse.roll_pixels() > 500
    fuse.has_waveform()
    fuse.result.locator("play-button[wide] button").click()
    wait_until_heard(page)
    seconds, rms = client.duration_and_rms(file_id)
    assert seconds > 10
    assert rms > AUDIBLE_RMS

    roles = {track["role"] for track in client.http.get(f"/files/{file_id}/notes").json()["tracks"] if track["notes"]}
    assert roles == {"lead", "harmony", "bass", "drums"}
    midi = fuse.download("MIDI").read_bytes()
    assert any(message.type == "note_on" for message in mido.MidiFile(file=io.BytesIO(midi)))
    assert fuse.download("WAV").read_bytes().startswith(b"RIFF")


def test_two_files_dropped_on_one_slot_fill_both(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    fuse.open()
    files = [[name, list(songs[name].read_bytes())] for name in ("waltz", "pop")]
    carried = page.evaluate_handle(CARRY_FILES, files)
    fuse.slot("A").dispatch_event("dragenter", {"dataTransfer": carried})
    fuse.slot("A").dispatch_event("drop", {"dataTransfer": carried})
    fuse.holds("A", "waltz")
    fuse.holds("B", "pop")
    page.get_by_role("button", name="Swap A and B").click()
    fuse.holds("A", "pop")
    fuse.holds("B", "waltz")


def test_a_morph_with_a_role_overridden_survives_a_reload(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    fuse.open()
    fuse.add("A", songs["waltz"])
    fuse.add("B", songs["funk"])
    fuse.holds("A", "waltz")
    fuse.holds("B", "funk")
    fuse.slot("A").get_by_role("combobox", name="Role of Piano").select_option("none")
    page.get_by_text("Morph A to B").click()
    fuse.start()
    expect(page).to_have_url(re.compile("job="))

    page.reload()
    fuse.holds("A", "waltz")
    expect(fuse.slot("A").get_by_role("combobox", name="Role of Piano")).to_have_value("none")
    expect(page.get_by_role("radio", name="Morph A to B")).to_be_checked()
    fuse.finish()
    job_id = page.url.split("job=")[1].split("&")[0]
    job = client.http.get(f"/jobs/{job_id}").json()
    assert job["request"]["curve"] == [[0, 0], [1, 1]]

    page.goto(f"/fuse?job={job_id}")
    fuse.holds("A", "waltz")
    fuse.holds("B", "funk")
    title = fuse.result.locator("h2").inner_text()
    fuse.result.locator("article").get_by_role("button", name="Use as B").click()
    fuse.holds("B", title)
    fuse.holds("A", "waltz")
    expect(fuse.result.locator("h2")).to_have_text(title)


def test_a_job_can_be_cancelled_and_nothing_is_lost(
    page: Page, fuse: FusePage, songs: dict[str, Path], halted: Halt
) -> None:
    fuse.open()
    fuse.add("A", songs["funk"])
    fuse.add("B", songs["pop"])
    fuse.holds("A", "funk")
    fuse.holds("B", "pop")
    with halted("vae"):
        fuse.start()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Cancelled. Your pieces and settings are still here.")).to_be_visible()
    fuse.holds("A", "funk")
    expect(fuse.start_button).to_have_attribute("aria-disabled", "false")


def test_a_broken_file_is_explained_and_the_other_piece_stays(fuse: FusePage, songs: dict[str, Path]) -> None:
    fuse.open()
    expect(fuse.obstacle).to_have_text("Add two pieces to blend.")
    fuse.add("A", songs["funk"])
    fuse.holds("A", "funk")
    fuse.add("B", songs["broken"])
    problem = fuse.slot("B").get_by_role("alert")
    expect(problem).to_contain_text("broken.mid")
    assert problem.get_attribute("data-reason") in {"MIDI_UNREADABLE", "WRONG_TYPE"}, problem.inner_text()
    expect(fuse.obstacle).to_have_text("Add piece B to blend.")
    expect(fuse.start_button).to_have_attribute("aria-disabled", "true")
    fuse.holds("A", "funk")
    fuse.add("B", songs["pop"])
    fuse.holds("B", "pop")
    expect(problem).to_have_count(0)
