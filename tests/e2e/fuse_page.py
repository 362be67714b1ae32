"""The fusion page as a person uses it: what can be done there, and what can be seen."""

import re
from pathlib import Path
from typing import Any

from http_client import GatewayClient
from playwright.sync_api import Locator, Page, expect

JOB_TIMEOUT_MS = 180_000

COUNT_COLOURED_PIXELS = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let coloured = 0;
  for (let at = 0; at < data.length; at += 4) {
    const levels = [data[at], data[at + 1], data[at + 2]];
    if (Math.max(...levels) - Math.min(...levels) > 60) coloured += 1;
  }
  return coloured;
}"""


class FusePage:
    """Drives the fusion page.

    Parameters
    ----------
    page : Page
        Of the browser.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.result = page.locator("job-result")
        self.progress = page.get_by_role("progressbar", name="Progress")
        self.start_button = page.locator("button[type=submit]")
        self.obstacle = page.locator("#why")

    def open(self, method: str = "vae") -> None:
        """Go to the page with a method chosen."""
        self.page.goto(f"/fuse?method={method}")

    def slot(self, letter: str) -> Locator:
        """Where piece A or B lies."""
        return self.page.get_by_role("region", name=f"Piece {letter}", exact=True)

    def add(self, letter: str, song: Path) -> None:
        """Choose a file for a slot."""
        self.slot(letter).get_by_label(f"Choose a MIDI file or a recording for piece {letter}").set_input_files(song)

    def holds(self, letter: str, name: str) -> None:
        """Expect a piece in a slot, with its summary."""
        slot = self.slot(letter)
        expect(slot.get_by_role("heading")).to_contain_text(name)
        expect(slot.get_by_text("Tempo", exact=True)).to_be_visible()

    def start(self) -> None:
        """Press the button."""
        expect(self.start_button).to_have_attribute("aria-disabled", "false")
        self.start_button.click()

    def finish(self) -> str:
        """Wait for the result and return its file id."""
        self.result.wait_for(timeout=JOB_TIMEOUT_MS)
        return file_id_of(self.result.locator("article"))

    def job(self, client: GatewayClient) -> dict[str, Any]:
        """The job that the page's address names, as the gateway has it."""
        found = re.search(r"job=(\w+)", self.page.url)
        assert found is not None, self.page.url
        return dict(client.http.get(f"/jobs/{found[1]}").json())

    def roll_pixels(self) -> int:
        """Wait until the piano roll is drawn and count its coloured pixels."""
        canvas = self.result.locator("piano-roll canvas")
        expect(canvas).to_have_attribute("data-notes", re.compile(r"^[1-9]"))
        return int(canvas.evaluate(COUNT_COLOURED_PIXELS))

    def has_waveform(self) -> None:
        """Wait until the whole waveform is drawn."""
        self.result.locator(".wave[data-ready]").wait_for(state="attached", timeout=JOB_TIMEOUT_MS)

    def download(self, name: str) -> Path:
        """Press one of the result's download links."""
        with self.page.expect_download(timeout=JOB_TIMEOUT_MS) as coming:
            self.result.locator("article").get_by_role("link", name=f"Download {name}", exact=True).click()
        return coming.value.path()


def file_id_of(part: Locator) -> str:
    """The file that the download links of a part of the page lead to."""
    address = part.locator("download-links a").first.get_attribute("href") or ""
    found = re.match(r"/download/([^?]+)", address)
    assert found is not None, address
    return found[1]


def wait_until_heard(page: Page, from_s: float = 0.5) -> None:
    """Wait until the page's one audio element has played beyond a moment."""
    audio = page.locator("audio")
    expect(audio).to_have_count(1)
    page.wait_for_function("([audio, from]) => audio.currentTime > from", arg=[audio.element_handle(), from_s])
