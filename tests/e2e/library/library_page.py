"""Page object of the library, and pieces to fill it with."""

from pathlib import Path
from typing import Any

from http_client import FINAL_STATES
from playwright.sync_api import APIRequestContext, FilePayload, Locator, Page, expect

POLL_INTERVAL_MS = 100
MAX_POLLS = 600


class LibraryPage:
    """Operates the library and reads its state.

    Parameters
    ----------
    page : Page
        The browser's page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows = page.locator("library-row")
        self.titles = page.locator("library-row h2")
        self.search = page.get_by_role("searchbox", name="Search")
        self.undo_bar = page.locator("undo-bar")
        self.count = page.locator("library-page .count")

    def open(self, query: str = "") -> None:
        """Open the library and wait until it has loaded."""
        self.page.goto(f"/library{query}")
        expect(self.page.get_by_text("Loading the library…")).to_have_count(0)

    def row(self, title: str) -> Locator:
        """Return the entry with a title."""
        return self.page.get_by_role("article", name=title, exact=True)

    def rename(self, title: str, name: str) -> None:
        """Rename an entry in its place in the list."""
        self.row(title).get_by_role("button", name=f"Rename {title}").click()
        field = self.row(title).get_by_role("textbox", name=f"New name of {title}")
        expect(field).to_be_focused()
        field.fill(name)
        field.press("Enter")

    def delete(self, title: str) -> None:
        """Delete an entry."""
        self.row(title).get_by_role("button", name=f"Delete {title}").click()


class LibraryClient:
    """Uploads and blends pieces over HTTP, as the account of a browser.

    Parameters
    ----------
    request : APIRequestContext
        Of the browser's context, whose cookies it has.
    page : Page
        A page of that context, to wait with.
    """

    def __init__(self, request: APIRequestContext, page: Page) -> None:
        self._request = request
        self._page = page
        response = request.post("/accounts", data={})
        assert response.ok, response.text()

    def upload(self, path: Path, name: str) -> str:
        """Upload a MIDI file under a name, and return its id."""
        file: FilePayload = {"name": f"{name}.mid", "mimeType": "audio/midi", "buffer": path.read_bytes()}
        response = self._request.post("/upload", multipart={"files": file})
        assert response.ok, response.text()
        return str(response.json()["files"][0]["file_id"])

    def start(self, method: str, **fields: Any) -> str:
        """Start a job and return its id."""
        response = self._request.post(f"/generate/{method}", data=fields)
        assert response.ok, response.text()
        return str(response.json()["job_id"])

    def wait(self, job_id: str) -> dict[str, Any]:
        """Wait for the end of a job, and return it."""
        for _ in range(MAX_POLLS):
            job = dict(self._request.get(f"/jobs/{job_id}").json())
            if job["state"] in FINAL_STATES:
                assert job["state"] == "succeeded", job
                return job
            self._page.wait_for_timeout(POLL_INTERVAL_MS)
        raise AssertionError("the job does not end")

    def make(self, method: str, **fields: Any) -> dict[str, Any]:
        """Start a job, wait for its end, and return its first result."""
        return dict(self.wait(self.start(method, **fields))["results"][0])

    def get(self, path: str) -> dict[str, Any]:
        """Return what a path answers."""
        response = self._request.get(path)
        assert response.ok, response.text()
        return dict(response.json())

    def status(self, path: str) -> int:
        """Return the status that a path answers with."""
        return self._request.get(path).status
