"""Blending two files, in a real browser against the running product."""

import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import mido
import pytest
from http_client import GatewayClient
from playwright.sync_api import Page, expect

from e2e.fuse_page import FusePage, wait_until_playing

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

AUDIBLE_RMS = 0.005
BUILD_DATA_TRANSFER = """files => {
  const transfer = new DataTransfer();
  for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], `${name}.mid`));
  return transfer;
}"""
Suspend = Callable[[str], AbstractContextManager[None]]


def test_two_files_are_blended_played_and_downloaded(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient, suspended: Suspend
) -> None:
    fuse.open()
    fuse.add_file("A", songs["funk"])
    fuse.expect_piece("A", "funk")
    expect(fuse.slot("A")).to_contain_text("16 bars")
    expect(fuse.slot("A")).to_contain_text("110 BPM")
    expect(fuse.slot("A")).to_contain_text("E minor")
    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("B", "pop")

    with suspended("vae"):
        fuse.submit()
        expect(fuse.progress).to_have_attribute("aria-valuetext", re.compile(r"^Blending"))
        expect(fuse.submit_blocker).to_have_text("Already running")
    file_id = fuse.wait_for_result()

    assert fuse.count_note_pixels() > 500
    fuse.wait_for_waveform()
    fuse.play()
    wait_until_playing(page)
    seconds, rms = client.duration_and_rms(file_id)
    assert seconds > 10
    assert rms > AUDIBLE_RMS

    roles = {track["role"] for track in client.http.get(f"/files/{file_id}/notes").json()["tracks"] if track["notes"]}
    assert roles == {"lead", "harmony", "bass", "drums"}
    midi = fuse.download("MIDI").read_bytes()
    assert any(message.type == "note_on" for message in mido.MidiFile(file=io.BytesIO(midi)))
    assert fuse.download("WAV").read_bytes().startswith(b"RIFF")


def test_two_files_dropped_on_one_slot_fill_both_slots(page: Page, fuse: FusePage, songs: dict[str, Path]) -> None:
    fuse.open()
    files = [[name, list(songs[name].read_bytes())] for name in ("waltz", "pop")]
    transfer = page.evaluate_handle(BUILD_DATA_TRANSFER, files)
    fuse.slot("A").dispatch_event("dragenter", {"dataTransfer": transfer})
    fuse.slot("A").dispatch_event("drop", {"dataTransfer": transfer})
    fuse.expect_piece("A", "waltz")
    fuse.expect_piece("B", "pop")
    page.get_by_role("button", name="Swap A and B").click()
    fuse.expect_piece("A", "pop")
    fuse.expect_piece("B", "waltz")


def test_a_morph_with_a_changed_role_survives_a_reload(
    page: Page, fuse: FusePage, songs: dict[str, Path], client: GatewayClient
) -> None:
    fuse.open()
    fuse.add_file("A", songs["waltz"])
    fuse.add_file("B", songs["funk"])
    fuse.expect_piece("A", "waltz")
    fuse.expect_piece("B", "funk")
    fuse.slot("A").get_by_role("combobox", name="Role of Piano").select_option("none")
    fuse.panel("Mix over time")
    page.get_by_text("A to B", exact=True).click()
    fuse.submit()

    page.reload()
    fuse.expect_piece("A", "waltz")
    expect(fuse.slot("A").get_by_role("combobox", name="Role of Piano")).to_have_value("none")
    fuse.panel("Mix over time")
    expect(page.get_by_role("radio", name="A to B", exact=True)).to_be_checked()
    fuse.wait_for_result()
    job = fuse.job(client)
    job_id = job["job_id"]
    assert job["request"]["curve"] == [[0, 0], [1, 1]]

    page.goto(f"/fuse?job={job_id}")
    fuse.expect_piece("A", "waltz")
    fuse.expect_piece("B", "funk")
    title = fuse.stage.locator("h2").inner_text()
    fuse.result.locator("article").get_by_role("button", name="Use as B").click()
    fuse.expect_piece("B", title)
    fuse.expect_piece("A", "waltz")
    expect(fuse.stage.locator("h2")).to_have_text(title)


def test_a_cancelled_job_leaves_pieces_and_settings(
    page: Page, fuse: FusePage, songs: dict[str, Path], suspended: Suspend
) -> None:
    fuse.open()
    fuse.add_file("A", songs["funk"])
    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("A", "funk")
    fuse.expect_piece("B", "pop")
    with suspended("vae"):
        fuse.submit()
        page.get_by_role("button", name="Cancel", exact=True).click()
        expect(page.get_by_text("Cancelled. Your pieces and settings are still here.")).to_be_visible()
    fuse.expect_piece("A", "funk")
    expect(fuse.submit_button).to_have_attribute("aria-disabled", "false")


def test_an_invalid_file_shows_its_problem_and_the_other_piece_stays(fuse: FusePage, songs: dict[str, Path]) -> None:
    fuse.open()
    expect(fuse.submit_blocker).to_have_text("Add two pieces to blend.")
    fuse.add_file("A", songs["funk"])
    fuse.expect_piece("A", "funk")
    fuse.add_file("B", songs["broken"])
    problem = fuse.slot("B").get_by_role("alert")
    expect(problem).to_contain_text("broken.mid")
    assert problem.get_attribute("data-reason") in {"MIDI_UNREADABLE", "WRONG_TYPE"}, problem.inner_text()
    expect(fuse.submit_blocker).to_have_text("Add piece B to blend.")
    expect(fuse.submit_button).to_have_attribute("aria-disabled", "true")
    fuse.expect_piece("A", "funk")
    fuse.add_file("B", songs["pop"])
    fuse.expect_piece("B", "pop")
    expect(problem).to_have_count(0)
