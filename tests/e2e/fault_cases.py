"""Twenty faults: how each comes about, what the page shows, and what holds when it has passed."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from http_client import GatewayClient
from playwright.sync_api import Locator, Page, Route, expect

from e2e.fuse_page import JOB_TIMEOUT_MS, FusePage

UNKNOWN_ID = "0" * 32
CALL_TYPES = {"fetch", "xhr", "script"}
RECOVERY_MS = 60_000
UNREADABLE_FOLDER = """() => {
  const readEntries = (_, reject) => reject(new DOMException('not found', 'NotFoundError'));
  const folder = { name: 'songs', isDirectory: true, createReader: () => ({ readEntries }) };
  DataTransferItem.prototype.webkitGetAsEntry = () => folder;
}"""
DROP = """(name) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['no music'], name));
  const at = { dataTransfer, bubbles: true, composed: true, cancelable: true, clientX: 100, clientY: 100 };
  document.body.dispatchEvent(new DragEvent('drop', at));
}"""


@dataclass(frozen=True)
class World:
    """What a case works with: the page, a client of the gateway, and the ids of two pieces."""

    page: Page
    fuse: FusePage
    client: GatewayClient
    songs: dict[str, Path]
    a: str
    b: str
    suspended: Callable[[str], AbstractContextManager[None]]


Fault = Callable[[World], AbstractContextManager[None]]
Action = Callable[[World], None]


def failing(pattern: str, respond: Callable[[Route], None]) -> Fault:
    """Return a fault by which calls of the page are answered otherwise."""

    @contextmanager
    def fault(world: World) -> Iterator[None]:
        def handle(route: Route) -> None:
            if route.request.resource_type in CALL_TYPES:
                respond(route)
            else:
                route.continue_()

        world.page.route(re.compile(pattern), handle)
        try:
            yield
        finally:
            world.page.unroute_all(behavior="ignoreErrors")

    return fault


def away(pattern: str) -> Fault:
    """Return a fault by which no answer comes."""
    return failing(pattern, lambda route: route.abort("connectionrefused"))


def refusing(pattern: str, status: int, reason: str = "", retry_after_s: int | None = None) -> Fault:
    """Return a fault by which a problem comes; without a reason, a page of some server between."""
    problem = {"type": f"/problems/{reason}", "title": "Kind", "status": status, "reason": reason, "detail": "Why."}
    headers = {"Content-Type": "application/problem+json"} if reason else {"Content-Type": "text/html"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    body = json.dumps(problem) if reason else "<h1>Bad gateway</h1>"
    return failing(pattern, lambda route: route.fulfill(status=status, headers=headers, body=body))


@contextmanager
def offline(world: World) -> Iterator[None]:
    """Take the network away."""
    world.page.context.set_offline(True)
    try:
        yield
    finally:
        world.page.context.set_offline(False)


@contextmanager
def nothing(world: World) -> Iterator[None]:
    """Do nothing: the fault is in what the page is asked for."""
    yield


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, and what a person sees of it."""

    name: str
    fault: Fault
    before: Action
    """What is done before the fault begins."""
    act: Action
    """What is done while it lasts."""
    text: str
    """What the page message."""
    where: Callable[[World], Locator] = lambda world: world.page.get_by_role("alert")
    helps: str = "Try again"
    """The name of the button or link that helps."""
    clicks: bool = False
    """Whether somebody has to click it, since it is not tried again by itself."""
    recovered: Action
    """What holds once the fault has passed."""


def opens(path: str) -> Action:
    """Return an action that opens a page."""

    def open_page(world: World) -> None:
        world.page.goto(path.format(a=world.a, b=world.b))
        expect(world.page.get_by_role("heading", level=1)).to_be_visible()

    return open_page


def opens_pair(world: World) -> None:
    """Open the fusion page with both pieces."""
    world.page.goto(f"/fuse?method=vae&a={world.a}&b={world.b}")
    world.fuse.expect_piece("A", "piece-0")
    world.fuse.expect_piece("B", "piece-1")


def void(_: Any) -> None:
    """Return None, so that a lambda is an action."""


def stays(world: World) -> None:
    """Do nothing."""


def submits(world: World) -> None:
    """Click the button that blends."""
    world.fuse.submit_button.click()


def starts_job(world: World) -> None:
    """Start a blend and wait until it runs."""
    submits(world)
    expect(world.fuse.progress).to_be_visible()


def drops(name: str) -> Action:
    """Return an action that drops a file."""
    return lambda world: void(world.page.evaluate(DROP, name))


def shows(text: str) -> Action:
    """Return an action that expects a heading."""
    return lambda world: expect(world.page.get_by_role("heading", name=text).first).to_be_visible(timeout=RECOVERY_MS)


def plays_examples(world: World) -> None:
    """Expect that the home page has something to play."""
    expect(world.page.locator("hero-blend").get_by_role("button", name="Play")).to_have_count(3, timeout=RECOVERY_MS)


def has_result(world: World) -> None:
    """Expect the result of a blend."""
    world.page.wait_for_url(re.compile("job="), timeout=RECOVERY_MS)
    world.page.locator("job-result").wait_for(state="attached", timeout=JOB_TIMEOUT_MS)


def has_piece(world: World) -> None:
    """Expect the piece in slot A."""
    expect(world.fuse.slot("A").get_by_text("Tempo", exact=True)).to_be_visible(timeout=RECOVERY_MS)


def is_reachable(world: World) -> None:
    """Expect that nothing says that Segue is away."""
    expect(world.page.locator("connection-bar .bar")).to_have_count(0, timeout=RECOVERY_MS)


def uploads(world: World) -> None:
    """Choose a file for slot A."""
    world.fuse.add_file("A", world.songs["funk"])


def connection_bar(world: World) -> Locator:
    """Return what says that Segue is away."""
    return world.page.locator("connection-bar [role=status]")


def opens_gallery_with_unreadable_folder(world: World) -> None:
    """Open the gallery in a browser that cannot read the folder that is dropped."""
    opens("/gallery")(world)
    world.page.evaluate(UNREADABLE_FOLDER)


CASES = [
    Case(
        name="the gallery is away, on the home page",
        fault=away("/gallery$"),
        before=stays,
        act=opens("/"),
        text="Segue cannot be reached.*goes on as soon as",
        recovered=plays_examples,
    ),
    Case(
        name="a proxy answers for the gallery",
        fault=refusing("/gallery$", 502),
        before=stays,
        act=opens("/gallery"),
        text="Something went wrong in Segue",
        recovered=shows("Generated pieces"),
    ),
    Case(
        name="the gallery is still starting",
        fault=refusing("/gallery$", 503, "NOT_READY", retry_after_s=2),
        before=stays,
        act=opens("/gallery"),
        text="Part of Segue is still starting",
        recovered=shows("Generated pieces"),
    ),
    Case(
        name="the gallery breaks",
        fault=refusing("/gallery$", 500, "INTERNAL"),
        before=stays,
        act=opens("/gallery"),
        text="Something went wrong in Segue",
        clicks=True,
        recovered=shows("Generated pieces"),
    ),
    Case(
        name="the library is away",
        fault=away("/library(\\?|$)"),
        before=stays,
        act=opens("/library"),
        text="Segue cannot be reached",
        recovered=lambda world: expect(world.page.get_by_role("alert")).to_have_count(0, timeout=RECOVERY_MS),
    ),
    Case(
        name="the files of a page are away",
        fault=away("/assets/how-page"),
        before=opens("/"),
        act=lambda world: world.page.get_by_role("link", name="How it works").first.click(),
        text="Segue cannot be reached",
        clicks=True,
        recovered=shows("How it works"),
    ),
    Case(
        name="the other language is away",
        fault=away("/assets/de-"),
        before=opens("/"),
        act=lambda world: world.page.get_by_role("button", name="Deutsch").click(),
        text="Segue cannot be reached",
        recovered=lambda world: expect(world.page.locator("html[lang=de]")).to_have_count(1, timeout=RECOVERY_MS),
    ),
    Case(
        name="offline before a job",
        fault=offline,
        before=opens_pair,
        act=submits,
        text="You are offline.*Nothing is lost",
        recovered=has_result,
    ),
    Case(
        name="too many jobs",
        fault=refusing("/generate/vae$", 429, "OVERLOADED", retry_after_s=4),
        before=opens_pair,
        act=submits,
        text="Segue is busy",
        recovered=has_result,
    ),
    Case(
        name="a job breaks at its start",
        fault=refusing("/generate/vae$", 500, "INTERNAL"),
        before=opens_pair,
        act=submits,
        text="Something went wrong in Segue.*pieces and settings are kept",
        clicks=True,
        recovered=has_result,
    ),
    Case(
        name="a service is away at the start of a job",
        fault=refusing("/generate/vae$", 503, "UPSTREAM", retry_after_s=3),
        before=opens_pair,
        act=submits,
        text="Part of Segue is not available",
        recovered=has_result,
    ),
    Case(
        name="the account has no space left",
        fault=refusing("/generate/vae$", 507, "QUOTA_EXCEEDED"),
        before=opens_pair,
        act=submits,
        text="Your storage is full.*Delete pieces",
        helps="Open the library",
        recovered=stays,
    ),
    Case(
        name="facts of a piece take too long",
        fault=refusing("/files/[0-9a-f]+$", 504, "DEADLINE_EXCEEDED"),
        before=stays,
        act=opens("/fuse?method=vae&a={a}"),
        text="Segue took too long to answer",
        recovered=has_piece,
    ),
    Case(
        name="no answer to an upload",
        fault=away("/upload$"),
        before=opens("/fuse?method=vae"),
        act=uploads,
        text="Segue cannot be reached",
        recovered=has_piece,
    ),
    Case(
        name="no space for an upload",
        fault=refusing("/upload$", 507, "STORE_FULL"),
        before=opens("/fuse?method=vae"),
        act=uploads,
        text="The server has no space left.*Delete pieces",
        clicks=True,
        recovered=has_piece,
    ),
    Case(
        name="a folder that the browser cannot read",
        fault=nothing,
        before=opens_gallery_with_unreadable_folder,
        act=drops("songs"),
        text="The browser could not read this folder.*themselves instead",
        helps="Choose files",
        recovered=stays,
    ),
    Case(
        name="a ZIP file that is none",
        fault=nothing,
        before=opens("/gallery"),
        act=drops("songs.zip"),
        text="The ZIP file could not be opened",
        helps="Choose files",
        recovered=stays,
    ),
    Case(
        name="a link to a piece that is gone",
        fault=nothing,
        before=stays,
        act=opens(f"/fuse?method=vae&a={UNKNOWN_ID}"),
        text="This no longer exists.*expired or been deleted",
        helps="Open the library",
        recovered=stays,
    ),
    Case(
        name="a link to a job that is gone",
        fault=nothing,
        before=stays,
        act=opens(f"/fuse?job={UNKNOWN_ID}"),
        text="This no longer exists",
        helps="Open the library",
        recovered=stays,
    ),
    Case(
        name="everything is away",
        fault=away("^http://[^/]+/(?!assets/)"),
        before=opens("/how-it-works"),
        act=lambda world: world.page.get_by_role("link", name="Gallery", exact=True).first.click(),
        text="Segue cannot be reached. Connecting again",
        where=connection_bar,
        helps="Try now",
        recovered=is_reachable,
    ),
]
