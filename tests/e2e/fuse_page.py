"""Page object of the fusion page."""

import re
from pathlib import Path
from typing import Any

from http_client import GatewayClient
from playwright.sync_api import Locator, Page, expect

JOB_TIMEOUT_MS = 180_000

COUNT_COLORED_PIXELS = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let colored = 0;
  for (let at = 0; at < data.length; at += 4) {
    const levels = [data[at], data[at + 1], data[at + 2]];
    if (Math.max(...levels) - Math.min(...levels) > 60) colored += 1;
  }
  return colored;
}"""


class FusePage:
    """Operates the fusion page and reads its state.

    Parameters
    ----------
    page : Page
        The browser's page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.result = page.locator("job-result")
        self.stage = page.locator("result-stage")
        self.play_button = self.stage.locator("play-button[wide] button")
        self.weight = page.get_by_role("slider", name="Blend weight", exact=True)
        self.progress = page.get_by_role("progressbar", name="Progress")
        self.submit_button = page.locator("button[type=submit]")
        self.submit_blocker = page.locator("#why")

    def open(self, method: str = "vae") -> None:
        """Open the page with a method selected."""
        self.page.goto(f"/fuse?method={method}")

    def slot(self, letter: str) -> Locator:
        """Return the slot of piece A or B."""
        return self.page.get_by_role("region", name=f"Piece {letter}", exact=True)

    def add_file(self, letter: str, song: Path) -> None:
        """Choose a file for a slot."""
        self.slot(letter).get_by_label(f"Choose a MIDI file or a recording for piece {letter}").set_input_files(song)

    def expect_piece(self, letter: str, name: str) -> None:
        """Expect a piece with its summary in a slot; that of a recording is there once it is transcribed."""
        slot = self.slot(letter)
        expect(slot.get_by_role("heading")).to_contain_text(name)
        expect(slot.get_by_text("Tempo", exact=True)).to_be_visible(timeout=JOB_TIMEOUT_MS)

    def panel(self, name: str) -> None:
        """Open one of the panels below the weight: ingredients, parts, settings and so on."""
        self.page.get_by_role("tab", name=name).click()

    def submit(self) -> None:
        """Click the submit button, and wait until the job has its history entry."""
        expect(self.submit_button).to_have_attribute("aria-disabled", "false")
        before = self.job_id
        self.submit_button.click()
        self.page.wait_for_url(lambda url: job_id_of(url) not in {None, before})

    def wait_for_result(self) -> str:
        """Wait for the result of the job that the URL names and return its file id."""
        self.page.wait_for_url(lambda url: job_id_of(url) is not None)
        shown = self.page.locator(f"section[data-job='{self.job_id}'] job-result")
        shown.wait_for(timeout=JOB_TIMEOUT_MS, state="attached")
        return linked_file_id(self.result.locator("article"))

    @property
    def job_id(self) -> str | None:
        """The id of the job that the URL names."""
        return job_id_of(self.page.url)

    def play(self) -> None:
        """Play the result, unless it plays by itself already."""
        if (self.play_button.get_attribute("aria-label") or "").startswith("Play"):
            self.play_button.click()

    def job(self, client: GatewayClient) -> dict[str, Any]:
        """Fetch the job that the URL names."""
        assert self.job_id is not None, self.page.url
        return dict(client.http.get(f"/jobs/{self.job_id}").json())

    def count_note_pixels(self) -> int:
        """Wait until the piano roll is drawn and count its colored pixels."""
        canvas = self.stage.locator("piano-roll canvas")
        expect(canvas).to_have_attribute("data-notes", re.compile(r"^[1-9]"))
        return int(canvas.evaluate(COUNT_COLORED_PIXELS))

    def wait_for_waveform(self) -> None:
        """Wait until the waveform is drawn."""
        self.result.locator(".wave[data-ready]").wait_for(state="attached", timeout=JOB_TIMEOUT_MS)

    def download(self, name: str) -> Path:
        """Click one of the result's download links and return the file."""
        with self.page.expect_download(timeout=JOB_TIMEOUT_MS) as download:
            self.result.locator("article").get_by_role("link", name=f"Download {name}", exact=True).click()
        return download.value.path()


def job_id_of(url: str) -> str | None:
    """Return the id of the job that a URL names."""
    found = re.search(r"[?&]job=(\w+)", url)
    return found and found[1]


def linked_file_id(element: Locator) -> str:
    """Return the id of the file that the first download link of an element leads to."""
    href = element.locator("a[href^='/download/']").first.get_attribute("href") or ""
    found = re.match(r"/download/([^?]+)", href)
    assert found is not None, href
    return found[1]


def wait_until_playing(page: Page, from_s: float = 0.5) -> None:
    """Wait until the page's only player has played beyond a time."""
    expect(page.locator("audio")).to_have_count(1)
    position = page.get_by_role("slider", name="Position", exact=True).element_handle()
    page.wait_for_function("([position, from]) => Number(position.value) > from", arg=[position, from_s])


def playback_time_s(page: Page) -> float:
    """Return the time that the player shows."""
    return float(page.get_by_role("slider", name="Position", exact=True).input_value())
