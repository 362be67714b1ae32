"""The whole product on S3: only a setting is changed."""

from pathlib import Path

import pieces
import pytest
from minio import Minio
from s3.ceph import S3Server
from startall.running import running
from visitor import Visitor

pytestmark = [pytest.mark.s3, pytest.mark.slow]

BUCKET = "segue-chain"


def stored(server: S3Server) -> list[str]:
    """The keys in the product's bucket."""
    client = Minio(server.endpoint, server.access_key, server.secret_key, secure=False)
    return [str(entry.object_name) for entry in client.list_objects(BUCKET, recursive=True)]


def test_a_blend_is_uploaded_made_played_and_downloaded_with_all_artifacts_on_s3(
    server: S3Server, tmp_path: Path
) -> None:
    on_s3 = {
        "SEGUE_STORE": "s3",
        "SEGUE_S3_ENDPOINT": server.endpoint,
        "SEGUE_S3_ACCESS_KEY": server.access_key,
        "SEGUE_S3_SECRET_KEY": server.secret_key,
        "SEGUE_S3_BUCKET": BUCKET,
    }
    with running(tmp_path, on_s3) as product, Visitor(product.url) as visitor:
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
        assert not list((tmp_path / "artifacts").rglob("*.mid"))
        assert visitor.http.delete(f"/files/{result}").status_code == 204
        assert not any(result in key for key in stored(server))
