"""The whole product on S3: only a setting is changed."""

import os
import signal
from collections.abc import Iterator

import pieces
import pytest
from minio import Minio
from s3.ceph import S3Server
from startall.running import Product, running
from visitor import Visitor

pytestmark = [pytest.mark.s3, pytest.mark.slow]

BUCKET = "segue-chain"


def stored(server: S3Server) -> list[str]:
    """The keys in the product's bucket."""
    client = Minio(server.endpoint, server.access_key, server.secret_key, secure=False)
    return [str(entry.object_name) for entry in client.list_objects(BUCKET, recursive=True)]


def on(server: S3Server) -> dict[str, str]:
    """The settings that put the product on S3."""
    return {
        "SEGUE_STORE": "s3",
        "SEGUE_S3_ENDPOINT": server.endpoint,
        "SEGUE_S3_ACCESS_KEY": server.access_key,
        "SEGUE_S3_SECRET_KEY": server.secret_key,
        "SEGUE_S3_BUCKET": BUCKET,
    }


@pytest.fixture(scope="module")
def product(server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product, its artifacts on S3."""
    with running(tmp_path_factory.mktemp("product"), on(server)) as started:
        yield started


@pytest.fixture
def visitor(product: Product) -> Iterator[Visitor]:
    """Somebody who uses it."""
    with Visitor(product.url) as somebody:
        yield somebody


def test_a_blend_is_made_played_and_downloaded_with_all_artifacts_on_s3(
    server: S3Server, product: Product, visitor: Visitor
) -> None:
    parents = visitor.upload(pieces.funk(), pieces.pop())
    job = visitor.ended(visitor.ask("vae", file_ids=parents, weight=0.5))
    assert job["state"] == "succeeded", job
    result = job["results"][0]["file_id"]
    assert visitor.midi(result)[:4] == b"MThd"
    seconds, rms = visitor.loudness(result)
    assert seconds > 10
    assert rms > 0.005
    keys = stored(server)
    for file_id in (*parents, result):
        assert any(file_id in key for key in keys), keys
    assert list(product.data.rglob("*.mid")) == []


def test_what_is_deleted_is_gone_from_s3(server: S3Server, visitor: Visitor) -> None:
    (piece,) = visitor.upload(pieces.waltz())
    assert any(piece in key for key in stored(server))
    assert visitor.http.delete(f"/files/{piece}").status_code == 204
    assert not any(piece in key for key in stored(server))


def test_a_blend_outlives_the_death_of_the_store(server: S3Server, product: Product, visitor: Visitor) -> None:
    parents = visitor.upload(pieces.funk(), pieces.waltz())
    os.kill(product.pid("vae"), signal.SIGSTOP)
    try:
        job_id = visitor.ask("vae", file_ids=parents, weight=0.5)
        visitor.when_running(job_id)
        server.kill()
    finally:
        os.kill(product.pid("vae"), signal.SIGCONT)
    refused = visitor.http.get(f"/download/{parents[0]}")
    server.start()
    assert (refused.status_code, refused.json()["reason"]) == (503, "UPSTREAM")
    job = visitor.ended(job_id)
    assert job["state"] == "succeeded", job
    assert visitor.midi(job["results"][0]["file_id"])[:4] == b"MThd"
    assert visitor.midi(parents[0]) == pieces.funk()
