"""Page object of the transport at the bottom of every page."""

import re

from playwright.sync_api import Locator, Page, expect

SOUNDS = "() => window.soundTap.some(({ samples }) => samples.some((one) => Math.abs(one) > 1e-3))"


class Transport:
    """Operates the transport and reads its state.

    Parameters
    ----------
    page : Page
        The browser's page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.bar = page.get_by_role("region", name="Player", exact=True)
        self.title = self.bar.locator(".title strong")
        self.position = self.bar.get_by_role("slider", name="Position", exact=True)
        self.loop_button = self.bar.get_by_role("button", name="Loop", exact=True)
        self.tempo = self.bar.get_by_role("slider", name="Tempo")
        self.volume = self.bar.get_by_role("slider", name="Volume", exact=True)

    @property
    def time_s(self) -> float:
        """The time that is shown."""
        return float(self.position.input_value())

    def open(self, file_id: str) -> None:
        """Open the fuse page with a piece as A."""
        self.page.goto(f"/fuse?a={file_id}")
        expect(self.play_button).to_be_visible()

    @property
    def play_button(self) -> Locator:
        """The play button of piece A."""
        return self.page.get_by_role("region", name="Piece A", exact=True).get_by_role(
            "button", name=re.compile("^Play")
        )

    def start(self) -> None:
        """Play piece A, and wait until it sounds."""
        self.play_button.click()
        self.page.wait_for_function(SOUNDS)

    def expect_playing(self, is_playing: bool = True) -> None:
        """Expect that the transport shows that it plays, or that it does not."""
        expect(self.bar.get_by_role("button", name="Pause" if is_playing else "Play", exact=True)).to_be_visible()

    def loop_bars(self, first: int, last: int) -> None:
        """Repeat some bars."""
        self.loop_button.click()
        for name, bar in (("Last bar of the loop", last), ("First bar of the loop", first)):
            field = self.bar.get_by_label(name)
            field.fill(str(bar))
            field.blur()

    def wait_until(self, time_s: float) -> None:
        """Wait until a time is shown."""
        handle = self.position.element_handle()
        self.page.wait_for_function("([slider, time]) => Number(slider.value) >= time", arg=[handle, time_s])

    def seek(self, time_s: float) -> None:
        """Go to a time."""
        self.position.fill(str(time_s))
        # A slider that has the focus keeps the keys.
        self.position.blur()

    def expect_time(self, time_s: float, tolerance_s: float = 0.06) -> None:
        """Wait until a time is shown."""
        handle = self.position.element_handle()
        self.page.wait_for_function(
            "([slider, time, most]) => Math.abs(Number(slider.value) - time) <= most", arg=[handle, time_s, tolerance_s]
        )
