"""The store in a local folder: files are written completely or not at all, and a full disk is reported."""

from __future__ import annotations

import asyncio
import errno
import io
import os
from pathlib import Path

import pytest
from gateway.storage.artifacts import FolderStore
from servicekit.faults import Internal, NotFound, StoreFull


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """An empty store."""
    return FolderStore(tmp_path / "artifacts", spare_bytes=0)


def everything_in(folder: Path) -> list[str]:
    """Return the paths of all files in a folder."""
    return [path.name for path in folder.rglob("*")]


async def test_what_is_put_is_got_and_replaced_whole(store: FolderStore) -> None:
    await store.put("files/a.mid", b"first, and long")
    await store.put("files/a.mid", b"second")
    assert await store.get("files/a.mid") == b"second"


async def test_keys_are_listed_by_their_beginning_in_order(store: FolderStore) -> None:
    for key in ("work/b/1.mid", "work/a/2.mid", "files/c.mid", "work/a/1.mid"):
        await store.put(key, b"x")
    assert await store.list("work/a/") == ["work/a/1.mid", "work/a/2.mid"]
    assert await store.list("work/") == ["work/a/1.mid", "work/a/2.mid", "work/b/1.mid"]
    assert await store.list("nothing/") == []


async def test_listing_minds_no_folder_that_vanishes_meanwhile(store: FolderStore) -> None:
    async def churn(job: int) -> None:
        for _ in range(40):
            await store.put(f"work/{job}/a.mid", b"a")
            await store.delete(f"work/{job}/a.mid")

    async def look() -> list[list[str]]:
        return [await store.list("work/") for _ in range(120)]

    listed, *_ = await asyncio.gather(look(), churn(1), churn(2), churn(3))
    assert {key for keys in listed for key in keys} <= {f"work/{job}/a.mid" for job in (1, 2, 3)}
    assert await store.list("work/") == []


async def test_a_removed_key_is_gone_and_its_own_folder_too(store: FolderStore, tmp_path: Path) -> None:
    await store.put("work/a/1.mid", b"x")
    await store.delete("work/a/1.mid")
    await store.delete("work/a/1.mid")
    with pytest.raises(NotFound, match="not in the store any more"):
        await store.get("work/a/1.mid")
    assert not (tmp_path / "artifacts" / "work" / "a").exists()


@pytest.mark.parametrize("key", ["../escape", "files/../../escape", "/etc/passwd", "files/", "files/.hidden", "a\0b/c"])
async def test_what_is_no_key_is_refused(store: FolderStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(Internal, match="not a key"):
        await store.put(key, b"x")
    assert everything_in(tmp_path) == ["artifacts"]


async def test_a_write_that_fails_leaves_what_was_there(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put("files/a.mid", b"before")

    def no_room(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(StoreFull, match="no room for another file"):
        await store.put("files/a.mid", b"after")
    assert await store.get("files/a.mid") == b"before"
    assert [path.name for path in (tmp_path / "artifacts" / "files").iterdir()] == ["a.mid"]


async def test_room_is_left_for_the_database(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, spare_bytes=2**62)
    with pytest.raises(StoreFull, match="no room for another file"):
        await store.check()
    with pytest.raises(StoreFull, match="no room for another file"):
        await store.put("files/a.mid", b"x")


async def test_a_file_is_put_from_where_it_stands_and_read_in_parts(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.storage.artifacts.READ_BYTES", 4)
    await store.put_file("files/a.audio", io.BytesIO(b"0123456789"), 10)
    assert [part async for part in store.read("files/a.audio", 0, 10)] == [b"0123", b"4567", b"89"]
    assert [part async for part in store.read("files/a.audio", 3, 6)] == [b"345"]
    assert [part async for part in store.read("files/a.audio", 8, 99)] == [b"89"]
    with pytest.raises(NotFound, match="not in the store any more"):
        [part async for part in store.read("files/b.audio", 0, 1)]


async def test_a_file_that_does_not_fit_is_refused_before_it_is_written(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "artifacts", spare_bytes=0)
    with pytest.raises(StoreFull, match="no room"):
        await store.put_file("files/a.audio", io.BytesIO(b"x"), 2**62)
    assert everything_in(tmp_path / "artifacts") == []
