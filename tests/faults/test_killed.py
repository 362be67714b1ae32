"""`kill -9` of each process of the running product during a job: nothing is lost, and the job succeeds.

To kill a service during a job for certain, it is stopped (SIGSTOP) before the job that needs it is started, so the job
waits for it when it is killed. No test here waits for a fixed time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import midi_fixtures
import pytest
from http_client import GatewayClient
from startall.testing import RunningProduct, run_product

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@contextmanager
def halted(pid: int) -> Iterator[None]:
    """Stop a process with SIGSTOP, and continue it at the end if it still exists."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def kill(product: RunningProduct, name: str) -> int:
    """Kill a process; return the number of console lines so far, to wait for its restart from there."""
    since = product.n_lines()
    os.kill(product.pid(name), signal.SIGKILL)
    return since


def blend(client: GatewayClient) -> tuple[list[str], str]:
    """Start a blend of two new uploads that takes a while; return their ids and the job's."""
    parents = client.upload(midi_fixtures.funk(4), midi_fixtures.waltz(3))
    return parents, client.start_job("vae", file_ids=parents, weight=0.5)


def check_success(client: GatewayClient, job: dict[str, Any]) -> None:
    """Check that a job succeeded and that its result is a piece with notes."""
    assert job["state"] == "succeeded", job
    result = job["results"][0]["file_id"]
    assert client.download_midi(result)[:4] == b"MThd"
    assert len(client.http.get(f"/files/{result}/notes").content) > 1000


@pytest.mark.parametrize("service", ["transposer", "vae"])
def test_a_blend_outlives_the_death_of_a_service_that_it_needs(
    product: RunningProduct, client: GatewayClient, service: str
) -> None:
    pid = product.pid(service)
    parents = client.upload(midi_fixtures.funk(), midi_fixtures.waltz())
    with halted(pid):
        job_id = client.start_job("vae", file_ids=parents, weight=0.5)
        client.wait_until_running(job_id)
        since = kill(product, service)
    product.wait_for_line(f"{service} serves", since)
    assert product.pid(service) != pid
    check_success(client, client.wait_until_ended(job_id))


def test_a_blend_outlives_the_death_of_the_vae_while_it_decodes(product: RunningProduct, client: GatewayClient) -> None:
    _, job_id = blend(client)
    client.wait_until_running(job_id, progress=0.1)
    kill(product, "vae")
    check_success(client, client.wait_until_ended(job_id))


def test_a_generation_outlives_the_death_of_the_gan(product: RunningProduct, client: GatewayClient) -> None:
    client.http.get("/styles")  # from now on the gateway has them in its cache, and does not call a stopped service
    with halted(product.pid("gan")):
        job_id = client.start_job("gan", seed=7, bars=8)
        client.wait_until_running(job_id)
        kill(product, "gan")
    check_success(client, client.wait_until_ended(job_id))


def test_playing_works_again_after_the_death_of_the_renderer(product: RunningProduct, client: GatewayClient) -> None:
    (piece,) = client.upload(midi_fixtures.pop())
    with client.http.stream("GET", f"/play/{piece}") as stream:
        assert stream.status_code == 200
        since = kill(product, "renderer")
        # A stream whose length is known may be cut off; what counts is the next one.
        with suppress(httpx.HTTPError):
            stream.read()
    product.wait_for_line("renderer serves", since)
    seconds, rms = client.duration_and_rms(piece)
    assert seconds > 10
    assert rms > 0.005


def test_the_death_of_the_scraper_disturbs_no_job(product: RunningProduct, client: GatewayClient) -> None:
    since = kill(product, "scraper")
    _, job_id = blend(client)
    check_success(client, client.wait_until_ended(job_id))
    product.wait_for_line("scraper serves", since)
    assert client.http.get("/health/ready").status_code == 200


@pytest.mark.parametrize("dying", ["transcriber", "gateway"])
def test_a_recording_is_transcribed_although_a_process_dies(
    product: RunningProduct, client: GatewayClient, dying: str
) -> None:
    (piece,) = client.upload(midi_fixtures.pop())
    audio = client.http.get(f"/download/{piece}?format=ogg").content
    with halted(product.pid("transcriber")):
        recording = client.upload_recording("pop.ogg", audio)
        client.wait_until_running(recording["job"])
        since = kill(product, dying)
    product.wait_for_line(f"{dying} serves", since)
    check_success(client, client.wait_until_ended(recording["job"]))
    assert client.http.get(f"/download/{recording['file_id']}?format=original").content == audio


@pytest.mark.parametrize("held", ["vae", "transposer"])
def test_a_job_goes_on_after_the_death_of_the_gateway(
    product: RunningProduct, client: GatewayClient, held: str
) -> None:
    parents = client.upload(midi_fixtures.funk(), midi_fixtures.waltz())
    before = [client.download_midi(parent) for parent in parents]
    with halted(product.pid(held)):
        job_id = client.start_job("vae", file_ids=parents, weight=0.5)
        client.wait_until_running(job_id)
        since = kill(product, "gateway")
    product.wait_for_line("gateway serves", since)
    check_success(client, client.wait_until_ended(job_id))
    assert [client.download_midi(parent) for parent in parents] == before


def test_the_same_request_gives_the_same_notes_whether_the_gateway_died_or_not(
    product: RunningProduct, client: GatewayClient
) -> None:
    request = {"file_ids": client.upload(midi_fixtures.funk(4), midi_fixtures.pop(4)), "weight": 0.4, "seed": 11}
    undisturbed = client.wait_until_ended(client.start_job("vae", **request))
    disturbed_id = client.start_job("vae", **request)
    client.wait_until_running(disturbed_id, progress=0.1)
    since = kill(product, "gateway")
    product.wait_for_line("gateway serves", since)
    disturbed = client.wait_until_ended(disturbed_id)
    notes = [client.http.get(f"/files/{job['results'][0]['file_id']}/notes").json() for job in (undisturbed, disturbed)]
    for each in notes:
        each.pop("file_id", None)
    assert notes[0] == notes[1]


def test_a_service_that_stays_away_fails_the_job_with_a_reason(tmp_path: Path) -> None:
    with run_product(tmp_path, {"SEGUE_PATIENCE_S": "2"}) as impatient, GatewayClient(impatient.url) as client:
        # A stopped supervisor restarts nothing.
        with halted(impatient.supervisor.pid):
            since = kill(impatient, "vae")
            parents, job_id = blend(client)
            job = client.wait_until_ended(job_id)
            assert job["state"] == "failed", job
            assert job["error"]["status"] == 503
            assert "vae" in job["error"]["detail"].lower() or "blend" in job["error"]["detail"].lower()
        impatient.wait_for_line("vae serves", since)
        again = client.wait_until_ended(client.start_job("vae", file_ids=parents, weight=0.5))
        assert again["state"] == "succeeded", again


def test_nothing_is_lost_when_everything_is_killed_at_once(tmp_path: Path) -> None:
    with run_product(tmp_path) as first, GatewayClient(first.url) as client:
        parents = client.upload(midi_fixtures.funk(), midi_fixtures.waltz())
        before = [client.download_midi(parent) for parent in parents]
        with halted(first.pid("vae")):
            job_id = client.start_job("vae", file_ids=parents, weight=0.5)
            client.wait_until_running(job_id)
            first.supervisor.kill()
            first.supervisor.wait()
    with run_product(tmp_path) as second, GatewayClient(second.url) as client:
        assert [client.download_midi(parent) for parent in parents] == before
        check_success(client, client.wait_until_ended(job_id))


def test_stopping_is_clean_and_leaves_no_process(tmp_path: Path) -> None:
    names = ("vae", "gan", "transposer", "renderer", "scraper", "transcriber", "gateway")
    with run_product(tmp_path) as product:
        pids = [product.pid(name) for name in names]
    assert product.supervisor.returncode == 0
    assert product.wait_for_line("stopped") == "segue: stopped"
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
