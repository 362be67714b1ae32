"""`kill -9` of each part of the running product in the middle of a job: nothing is lost, and the job ends well.

To be in the middle for certain, a service is halted (SIGSTOP) before the job that needs it is asked for, so the job
hangs on it when it is killed. Nothing here waits by the clock.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pieces
import pytest
from startall.running import Product, running
from visitor import Visitor

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@contextmanager
def halted(pid: int) -> Iterator[None]:
    """Halt a process, and let it go on if it is still there."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def kill(product: Product, name: str) -> int:
    """Kill a part; gives the place on the console from which its return can be heard."""
    since = product.position()
    os.kill(product.pid(name), signal.SIGKILL)
    return since


def blend(visitor: Visitor) -> tuple[list[str], str]:
    """Ask for a blend of two new uploads, long enough to be met in the middle: their ids and the job's."""
    parents = visitor.upload(pieces.funk(4), pieces.waltz(3))
    return parents, visitor.ask("vae", file_ids=parents, weight=0.5)


def assert_whole(visitor: Visitor, job: dict[str, Any]) -> None:
    """See that a job succeeded and that its result is a piece that sounds."""
    assert job["state"] == "succeeded", job
    result = job["results"][0]["file_id"]
    assert visitor.midi(result)[:4] == b"MThd"
    assert len(visitor.http.get(f"/files/{result}/notes").content) > 1000


@pytest.mark.parametrize("service", ["transposer", "vae"])
def test_a_blend_outlives_the_death_of_a_service_that_it_needs(
    product: Product, visitor: Visitor, service: str
) -> None:
    pid = product.pid(service)
    parents = visitor.upload(pieces.funk(), pieces.waltz())
    with halted(pid):
        job_id = visitor.ask("vae", file_ids=parents, weight=0.5)
        visitor.when_running(job_id)
        since = kill(product, service)
    product.hear(f"{service} serves", since)
    assert product.pid(service) != pid
    assert_whole(visitor, visitor.ended(job_id))


def test_a_blend_outlives_the_death_of_the_vae_while_it_decodes(product: Product, visitor: Visitor) -> None:
    _, job_id = blend(visitor)
    visitor.when_running(job_id, progress=0.1)
    kill(product, "vae")
    assert_whole(visitor, visitor.ended(job_id))


def test_a_generation_outlives_the_death_of_the_gan(product: Product, visitor: Visitor) -> None:
    visitor.http.get("/styles")  # the gateway knows them from now on, and need not ask a halted service
    with halted(product.pid("gan")):
        job_id = visitor.ask("gan", seed=7, bars=8)
        visitor.when_running(job_id)
        kill(product, "gan")
    assert_whole(visitor, visitor.ended(job_id))


def test_playing_works_again_after_the_death_of_the_renderer(product: Product, visitor: Visitor) -> None:
    (piece,) = visitor.upload(pieces.pop())
    with visitor.http.stream("GET", f"/play/{piece}") as stream:
        assert stream.status_code == 200
        since = kill(product, "renderer")
        # Cut off is an honest end of a stream whose length was told; what counts is the next one.
        with suppress(httpx.HTTPError):
            stream.read()
    product.hear("renderer serves", since)
    seconds, rms = visitor.loudness(piece)
    assert seconds > 10
    assert rms > 0.005


def test_the_death_of_the_scraper_disturbs_no_job(product: Product, visitor: Visitor) -> None:
    since = kill(product, "scraper")
    _, job_id = blend(visitor)
    assert_whole(visitor, visitor.ended(job_id))
    product.hear("scraper serves", since)
    assert visitor.http.get("/health/ready").status_code == 200


@pytest.mark.parametrize("dying", ["transcriber", "gateway"])
def test_a_recording_is_written_down_whoever_dies_meanwhile(product: Product, visitor: Visitor, dying: str) -> None:
    (piece,) = visitor.upload(pieces.pop())
    audio = visitor.http.get(f"/download/{piece}?format=ogg").content
    with halted(product.pid("transcriber")):
        recording = visitor.upload_recording("pop.ogg", audio)
        visitor.when_running(recording["job"])
        since = kill(product, dying)
    product.hear(f"{dying} serves", since)
    assert_whole(visitor, visitor.ended(recording["job"]))
    assert visitor.http.get(f"/download/{recording['file_id']}?format=original").content == audio


@pytest.mark.parametrize("held", ["vae", "transposer"])
def test_a_job_goes_on_after_the_death_of_the_gateway(product: Product, visitor: Visitor, held: str) -> None:
    parents = visitor.upload(pieces.funk(), pieces.waltz())
    before = [visitor.midi(parent) for parent in parents]
    with halted(product.pid(held)):
        job_id = visitor.ask("vae", file_ids=parents, weight=0.5)
        visitor.when_running(job_id)
        since = kill(product, "gateway")
    product.hear("gateway serves", since)
    assert_whole(visitor, visitor.ended(job_id))
    assert [visitor.midi(parent) for parent in parents] == before


def test_the_same_request_gives_the_same_notes_whether_the_gateway_died_or_not(
    product: Product, visitor: Visitor
) -> None:
    ask = {"file_ids": visitor.upload(pieces.funk(4), pieces.pop(4)), "weight": 0.4, "seed": 11}
    undisturbed = visitor.ended(visitor.ask("vae", **ask))
    disturbed_id = visitor.ask("vae", **ask)
    visitor.when_running(disturbed_id, progress=0.1)
    since = kill(product, "gateway")
    product.hear("gateway serves", since)
    disturbed = visitor.ended(disturbed_id)
    notes = [
        visitor.http.get(f"/files/{job['results'][0]['file_id']}/notes").json() for job in (undisturbed, disturbed)
    ]
    for each in notes:
        each.pop("file_id", None)
    assert notes[0] == notes[1]


def test_a_service_that_stays_away_fails_the_job_with_a_reason(tmp_path: Path) -> None:
    with running(tmp_path, {"SEGUE_PATIENCE_S": "2"}) as impatient, Visitor(impatient.url) as visitor:
        # A halted keeper restarts nobody.
        with halted(impatient.keeper.pid):
            since = kill(impatient, "vae")
            parents, job_id = blend(visitor)
            job = visitor.ended(job_id)
            assert job["state"] == "failed", job
            assert job["error"]["status"] == 503
            assert "vae" in job["error"]["detail"].lower() or "blend" in job["error"]["detail"].lower()
        impatient.hear("vae serves", since)
        again = visitor.ended(visitor.ask("vae", file_ids=parents, weight=0.5))
        assert again["state"] == "succeeded", again


def test_nothing_is_lost_when_everything_is_killed_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as first, Visitor(first.url) as visitor:
        parents = visitor.upload(pieces.funk(), pieces.waltz())
        before = [visitor.midi(parent) for parent in parents]
        with halted(first.pid("vae")):
            job_id = visitor.ask("vae", file_ids=parents, weight=0.5)
            visitor.when_running(job_id)
            first.keeper.kill()
            first.keeper.wait()
    with running(tmp_path) as second, Visitor(second.url) as visitor:
        assert [visitor.midi(parent) for parent in parents] == before
        assert_whole(visitor, visitor.ended(job_id))


def test_stopping_is_clean_and_leaves_no_process(tmp_path: Path) -> None:
    names = ("vae", "gan", "transposer", "renderer", "scraper", "transcriber", "gateway")
    with running(tmp_path) as product:
        pids = [product.pid(name) for name in names]
    assert product.keeper.returncode == 0
    assert product.hear("stopped") == "segue: stopped"
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
