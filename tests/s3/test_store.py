"""The gateway's artifact store on a real S3 server."""

from __future__ import annotations

import io
import secrets
from dataclasses import replace

import pytest
from gateway.settings import Settings
from gateway.storage.artifacts import ArtifactStore, open_store
from pydantic import SecretStr
from s3.ceph import S3Server
from servicekit.faults import NotFound, UpstreamUnavailable

pytestmark = pytest.mark.s3

PIECE = bytes(range(256)) * 64


def settings(server: S3Server, bucket: str) -> Settings:
    """Return the gateway's settings for a server."""
    return Settings(
        store="s3",
        s3_endpoint=server.endpoint,
        s3_access_key=SecretStr(server.access_key),
        s3_secret_key=SecretStr(server.secret_key),
        s3_bucket=bucket,
    )


@pytest.fixture
async def store(server: S3Server) -> ArtifactStore:
    """Open a store with a bucket of its own."""
    opened = open_store(settings(server, f"bucket-{secrets.token_hex(8)}"))
    await opened.check()
    return opened


async def test_a_stored_object_can_be_read(store: ArtifactStore) -> None:
    await store.put("files/3f2a.mid", PIECE)
    assert await store.get("files/3f2a.mid") == PIECE


async def test_storing_again_replaces_the_object(store: ArtifactStore) -> None:
    await store.put("files/3f2a.mid", PIECE)
    await store.put("files/3f2a.mid", b"shorter")
    assert await store.get("files/3f2a.mid") == b"shorter"


async def test_an_empty_file_is_a_file(store: ArtifactStore) -> None:
    await store.put("files/empty.mid", b"")
    assert await store.get("files/empty.mid") == b""


async def test_two_mebibytes_can_be_stored(store: ArtifactStore) -> None:
    large = secrets.token_bytes(2 << 20)
    await store.put("files/large.mid", large)
    assert await store.get("files/large.mid") == large


async def test_a_recording_is_put_from_a_file_and_read_in_parts(store: ArtifactStore) -> None:
    # Larger than one part of an upload, which is 5 MiB.
    recording = secrets.token_bytes(11 << 20)
    await store.put_file("files/tape.audio", io.BytesIO(recording), len(recording))
    parts = [part async for part in store.read("files/tape.audio", 0, len(recording))]
    assert b"".join(parts) == recording
    assert max(len(part) for part in parts) == 1 << 20
    assert [part async for part in store.read("files/tape.audio", 5, 9)] == [recording[5:9]]
    with pytest.raises(NotFound, match="not in the store"):
        [part async for part in store.read("files/missing.audio", 0, 1)]


async def test_a_key_that_is_not_there_is_not_found(store: ArtifactStore) -> None:
    with pytest.raises(NotFound, match="not in the store"):
        await store.get("files/missing.mid")


async def test_listing_names_the_keys_of_a_prefix_in_order(store: ArtifactStore) -> None:
    for key in ("files/b.mid", "files/a.mid", "audio/c.wav"):
        await store.put(key, PIECE)
    assert await store.list("files/") == ["files/a.mid", "files/b.mid"]
    assert await store.list("nothing/") == []


async def test_listing_goes_on_past_a_page_of_a_thousand(store: ArtifactStore) -> None:
    keys = [f"files/{index:04d}.mid" for index in range(1003)]
    for key in keys:
        await store.put(key, b"x")
    assert await store.list("files/") == keys


async def test_a_removed_key_is_gone_and_removing_it_again_is_no_error(store: ArtifactStore) -> None:
    await store.put("files/3f2a.mid", PIECE)
    await store.delete("files/3f2a.mid")
    await store.delete("files/3f2a.mid")
    with pytest.raises(NotFound, match="not in the store"):
        await store.get("files/3f2a.mid")


async def test_checking_again_keeps_what_is_there(server: S3Server) -> None:
    bucket = f"bucket-{secrets.token_hex(8)}"
    first, second = open_store(settings(server, bucket)), open_store(settings(server, bucket))
    await first.check()
    await first.put("files/3f2a.mid", PIECE)
    await second.check()
    assert await second.get("files/3f2a.mid") == PIECE


async def test_a_wrong_key_is_a_fault_of_the_store_and_exposes_no_secret(server: S3Server) -> None:
    stranger = replace(server, secret_key="not-the-secret")
    with pytest.raises(UpstreamUnavailable, match="store cannot be reached") as refused:
        await open_store(settings(stranger, "segue")).check()
    assert "not-the-secret" not in str(refused.value)


async def test_a_server_that_is_away_is_unavailable_and_loses_nothing(server: S3Server, store: ArtifactStore) -> None:
    await store.put("files/3f2a.mid", PIECE)
    server.kill()
    try:
        with pytest.raises(UpstreamUnavailable, match="store cannot be reached"):
            await store.get("files/3f2a.mid")
    finally:
        server.start()
    assert await store.get("files/3f2a.mid") == PIECE
