"""The whole product with its artifacts on S3, by settings alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import midi_fixtures
import pytest
from http_client import GatewayClient
from minio import Minio
from s3.ceph import S3Server
from startall.testing import RunningProduct, run_product

pytestmark = [pytest.mark.s3, pytest.mark.slow]

BUCKET = "segue-chain"


def stored_keys(server: S3Server) -> list[str]:
    """Return the keys in the product's bucket."""
    client = Minio(server.endpoint, server.access_key, server.secret_key, secure=False)
    return [str(entry.object_name) for entry in client.list_objects(BUCKET, recursive=True)]


def s3_environment(server: S3Server) -> dict[str, str]:
    """Return the settings that store the product's artifacts on S3."""
    return {
        "SEGUE_STORE": "s3",
        "SEGUE_S3_ENDPOINT": server.endpoint,
        "SEGUE_S3_ACCESS_KEY": server.access_key,
        "SEGUE_S3_SECRET_KEY": server.secret_key,
        "SEGUE_S3_BUCKET": BUCKET,
    }


@pytest.fixture(scope="module")
def product(server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProduct]:
    """Start the product with its artifacts on S3."""
    with run_product(tmp_path_factory.mktemp("product"), s3_environment(server)) as started:
        yield started


@pytest.fixture
def client(product: RunningProduct) -> Iterator[GatewayClient]:
    """Return a client of the product."""
    with GatewayClient(product.url) as client:
        yield client


def test_a_blend_is_created_played_and_downloaded_with_all_artifacts_on_s3(
    server: S3Server, product: RunningProduct, client: GatewayClient
) -> None:
    parents = client.upload(midi_fixtures.funk(), midi_fixtures.pop())
    job = client.wait_until_ended(client.start_job("vae", file_ids=parents, weight=0.5))
    assert job["state"] == "succeeded", job
    result = job["results"][0]["file_id"]
    assert client.download_midi(result)[:4] == b"MThd"
    seconds, rms = client.duration_and_rms(result)
    assert seconds > 10
    assert rms > 0.005
    keys = stored_keys(server)
    for file_id in (*parents, result):
        assert any(file_id in key for key in keys), keys
    assert list(product.data.rglob("*.mid")) == []


def test_what_is_deleted_is_gone_from_s3(server: S3Server, client: GatewayClient) -> None:
    (piece,) = client.upload(midi_fixtures.waltz())
    assert any(piece in key for key in stored_keys(server))
    assert client.http.delete(f"/files/{piece}").status_code == 204
    assert not any(piece in key for key in stored_keys(server))


def test_a_blend_outlives_the_death_of_the_store(
    server: S3Server, product: RunningProduct, client: GatewayClient
) -> None:
    parents = client.upload(midi_fixtures.funk(), midi_fixtures.waltz())
    os.kill(product.pid("vae"), signal.SIGSTOP)
    try:
        job_id = client.start_job("vae", file_ids=parents, weight=0.5)
        client.wait_until_running(job_id)
        server.kill()
    finally:
        os.kill(product.pid("vae"), signal.SIGCONT)
    refused = client.http.get(f"/download/{parents[0]}")
    server.start()
    assert (refused.status_code, refused.json()["reason"]) == (503, "UPSTREAM")
    job = client.wait_until_ended(job_id)
    assert job["state"] == "succeeded", job
    assert client.download_midi(job["results"][0]["file_id"])[:4] == b"MThd"
    assert client.download_midi(parents[0]) == midi_fixtures.funk()
