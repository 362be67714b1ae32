"""Collections: stopping and resuming, a second crawl, uploads, permission to train, and the data set."""

from __future__ import annotations

import asyncio
import csv
import fcntl
import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from score import midi
from score.model import Note, Score, Track
from scraper.collect import main
from scraper.collecting.collection import Collection, CollectionState, UploadedFile
from scraper.crawling.limits import Limits, Plan
from scraper.settings import Settings
from servicekit.faults import Conflict
from warcio.archiveiterator import ArchiveIterator
from warcio.digestverifyingreader import DigestChecker

Piece = Callable[..., bytes]


@pytest.fixture
def collection(tmp_path: Path, settings: Settings) -> Iterator[Collection]:
    found = Collection(tmp_path / "collection", settings)
    yield found
    found.close()


def plan_from(url: str, **limits: Any) -> Plan:
    return Plan([url], Limits(**{"max_pages": 1000, "max_files": 1000, "max_depth": 9, **limits}))


def tune(seed: int, shift: int = 0, factor: int = 1) -> bytes:
    """Return a piece of fifty notes."""
    source = random.Random(seed)
    pitches = [source.randint(50, 80) + shift for _ in range(50)]
    notes = tuple(Note(step * 240 * factor, 200 * factor, pitch, 80) for step, pitch in enumerate(pitches))
    return midi.write(Score(tracks=(Track("Tune", notes=notes),)))


def read_index(folder: Path, name: str = "index.csv") -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_each_file_has_its_sources_licence_and_permission(
    site: Any, collection: Collection, piece: Piece
) -> None:
    by = '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">terms</a>'
    site.put_links("/", "/free/", "/closed/")
    site.put_links("/free/", "/free/reels/a.mid", "/free/reels/n.mid", extra=f"<title>Free</title><h2>Tunes</h2>{by}")
    site.put_links("/closed/", "/closed/b.mid", "/free/reels/a.mid")
    site.put("/free/reels/a.mid", tune(1), "audio/midi", headers={"ETag": '"v1"'})
    site.put("/free/reels/n.mid", tune(3), "audio/midi", headers={"Content-Usage": "train-ai=n"})
    site.put("/closed/b.mid", tune(1, shift=3, factor=2), "audio/midi")
    collection.set_plan(plan_from(site.url))
    await collection.run()
    records = {record.sources[0].url.rpartition("/")[2]: record for record in collection.catalog.files()}
    first = records["a.mid"]
    assert (first.licence.spdx, first.permission.reason, first.style) == ("CC-BY-4.0", "LICENCE_OPEN", "reels")
    source = first.sources[0]
    assert (source.page_title, source.title, source.section) == ("Free", "/free/reels/a.mid", "Tunes")
    assert (source.etag, source.robots) == ('"v1"', "no robots.txt")
    assert records["n.mid"].permission.reason == "USAGE_REFUSED"
    assert records["b.mid"].permission.reason == "LICENCE_UNKNOWN"
    assert records["b.mid"].family == first.family
    assert records["b.mid"].music_hash == first.music_hash
    assert [row["sha256"] for row in read_index(collection.folder)] == [first.sha256]
    assert {row["permission"] for row in read_index(collection.folder, "withheld.csv")} == {
        "USAGE_REFUSED",
        "LICENCE_UNKNOWN",
    }


async def test_the_operators_words_permit_training_and_are_stored(collection: Collection) -> None:
    reasons = await collection.add_files([UploadedFile(tune(1), "folk/reels/one.mid"), UploadedFile(b"no", "x.mid")])
    assert reasons == ["", "MIDI_UNREADABLE"]
    assert read_index(collection.folder) == []
    collection.state_training("I wrote these myself.", "Ann")
    (row,) = read_index(collection.folder)
    assert (row["style"], row["title"], row["permission"], row["risk"]) == (
        *("reels", "one", "OPERATOR_STATEMENT", "OPERATOR_STATEMENT"),
    )
    stored = json.loads((collection.folder / "training.json").read_text())
    assert (stored["words"], stored["by"]) == ("I wrote these myself.", "Ann")
    collection.state_training("", "")
    assert read_index(collection.folder) == []


async def test_the_index_describes_the_music(collection: Collection) -> None:
    scale = [60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60, 60]
    melody = Track("Melody", 73, 0, tuple(Note(step * 480, 480, pitch, 80) for step, pitch in enumerate(scale)))
    drums = Track("Kit", 0, 9, tuple(Note(step * 480, 60, 36, 90) for step in range(12)))
    body = midi.write(Score(tracks=(melody, drums), title="Scale"))
    await collection.add_files([UploadedFile(body, "scale.mid", "CC0-1.0")])
    (row,) = read_index(collection.folder)
    assert row["path"].endswith(f"{row['sha256']}.mid")
    assert (collection.folder / row["path"]).read_bytes() == body
    expected = {"key": "C major", "meter": "4/4", "tempo": "120.0", "n_tracks": "2", "n_notes": "24", "n_bars": "3"}
    expected |= {"roles": "drums+melody", "final_bass_is_tonic": "1", "tempo_known": "0", "licence": "CC0-1.0"}
    assert {name: row[name] for name in expected} == expected
    assert row["title"] == "Scale"


def put_tree(site: Any, n_pages: int) -> None:
    for number in range(n_pages):
        children = [f"/p{child}" for child in range(number * 4 + 1, min(number * 4 + 5, n_pages))]
        site.put_links(f"/p{number}", *children, f"/f{number}.mid")
        site.put(f"/f{number}.mid", tune(number), "audio/midi", headers={"ETag": f'"{number}"'})


async def test_a_stopped_crawl_goes_on_from_where_it_was(site: Any, collection: Collection) -> None:
    put_tree(site, 20)
    collection.set_plan(plan_from(f"{site.url}/p0", max_pages=5))
    first = await collection.run()
    assert (first.n_pages, first.ended_by) == (5, "max_pages")
    assert collection.status().state is CollectionState.STOPPED
    collection.set_plan(plan_from(f"{site.url}/p0"))
    second = await collection.run()
    assert (second.n_pages, second.n_files, second.ended_by) == (20, 20, "complete")
    assert len(site.paths) == len(set(site.paths))
    assert collection.status().state is CollectionState.COMPLETE


async def test_stopping_keeps_what_was_read(site: Any, collection: Collection) -> None:
    put_tree(site, 30)
    collection.set_plan(plan_from(f"{site.url}/p0"))
    running = asyncio.create_task(collection.run())
    while collection.status().summary.n_pages < 5:
        await asyncio.sleep(0.01)
    with pytest.raises(Conflict, match="being crawled"):
        await collection.run()
    collection.stop()
    summary = await running
    assert summary.ended_by == "stopped"
    assert collection.status().n_queued > 0
    assert (await collection.run()).n_files == 30


async def test_a_second_crawl_reads_what_has_changed(site: Any, collection: Collection) -> None:
    put_tree(site, 3)
    respond = site.respond
    collection.set_plan(plan_from(f"{site.url}/p0"))
    await collection.run()

    def conditional(path: str) -> Any:
        found = respond(path)
        if site.requests[-1].headers.get("if-none-match") == found.headers.get("ETag") and "ETag" in found.headers:
            found = type(found)(status=304)
        return found

    site.respond = conditional
    site.put("/f1.mid", tune(77), "audio/midi", headers={"ETag": '"new"'})
    collection.begin_again()
    summary = await collection.run()
    assert summary.n_unchanged == 2
    assert summary.n_files == 4
    assert collection.catalog.n_files() == 4


def collect(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scraper.collect", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def n_read(folder: Path) -> int:
    try:
        with sqlite3.connect(folder / "crawl.sqlite3") as database:
            return int(database.execute("SELECT count(*) FROM address WHERE state = 1").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_a_killed_crawl_loses_nothing_and_reads_nearly_nothing_twice(site: Any, tmp_path: Path) -> None:
    put_tree(site, 60)
    options = [f"{site.url}/p0", "--contact", "me@a.test", "--delay", "0", "--allow-network", "127.0.0.0/8"]
    process = collect(tmp_path, *options)
    while n_read(tmp_path) < 40 and process.poll() is None:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    last = collect(tmp_path, *options)
    output, _ = last.communicate(timeout=60)
    assert last.returncode == 0, output
    assert "60 files" in output
    with sqlite3.connect(tmp_path / "crawl.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM file WHERE error = ''").fetchone() == (60,)
    paths = [path for path in site.paths if path.startswith(("/p", "/f"))]
    assert len(set(paths)) == 120
    assert len(paths) - 120 <= 4
    assert site.requests[0].headers["user-agent"].endswith("; +me@a.test)")


def test_the_command_line_needs_a_contact_and_imports_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scraper.collect.logs.configure", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["collect", str(tmp_path / "a"), "http://a.test/"])
    with pytest.raises(SystemExit, match="--contact is missing"):
        main()
    (tmp_path / "mine/jigs").mkdir(parents=True)
    (tmp_path / "mine/jigs/one.mid").write_bytes(tune(1))
    (tmp_path / "mine/two.kar.gz").write_bytes(gzip.compress(tune(2)))
    options = ["--import", str(tmp_path / "mine"), "--licence", "CC0-1.0"]
    monkeypatch.setattr(sys, "argv", ["collect", str(tmp_path / "b"), *options])
    with pytest.raises(SystemExit, match=r"^0$"):
        main()
    assert "2 files imported, 0 of them not usable" in capsys.readouterr().out
    assert {row["style"] for row in read_index(tmp_path / "b")} == {"jigs", "unknown"}


async def test_responses_are_stored_as_warc_records(site: Any, collection: Collection, piece: Piece) -> None:
    site.put_links("/", "/a.mid")
    site.put("/a.mid", piece(60), "audio/midi")
    collection.set_plan(plan_from(f"{site.url}/"), has_warc=True)
    await collection.run()
    (path,) = (collection.folder / "warc").glob("*.warc.gz")
    found, checker = {}, DigestChecker(kind="raise")
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests=checker):
            found[record.rec_headers.get_header("WARC-Target-URI")] = (record.rec_type, record.content_stream().read())
            if record.rec_type == "response":
                assert record.http_headers.get_statuscode() == "200"
    pages = {"/": site.pages["/"].body, "/a.mid": piece(60)}
    assert found.pop(None)[0] == "warcinfo"
    assert found == {f"{site.url}{address}": ("response", body) for address, body in pages.items()}


async def test_a_folder_that_cannot_be_written_ends_the_crawl_in_order(site: Any, collection: Collection) -> None:
    put_tree(site, 5)
    collection.set_plan(plan_from(f"{site.url}/p0"))
    work = collection.folder / "work"
    work.mkdir(exist_ok=True)
    write = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        if path.parent == work:
            raise OSError(28, "No space left on device")
        return write(path, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        assert (await collection.run()).ended_by == "store_failed"
    assert (await collection.run()).n_files == 5


async def test_two_processes_do_not_crawl_one_folder(
    site: Any, collection: Collection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scraper.collecting.collection.LOCK_WAIT_S", 0.0)
    put_tree(site, 3)
    collection.set_plan(plan_from(f"{site.url}/p0"))
    other = Collection(collection.folder, settings)
    with (collection.folder / "crawl.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="Another process"):
            await other.run()
    assert (await other.run()).n_files == 3
    other.close()


async def test_files_wait_for_analysis_while_the_folder_is_full(site: Any, collection: Collection) -> None:
    """What was fetched is neither lost nor taken for broken when it cannot be stored."""
    put_tree(site, 3)
    collection.set_plan(plan_from(f"{site.url}/p0"))
    (collection.folder / "files").write_bytes(b"in the way")
    assert (await collection.run()).ended_by == "store_failed"
    first = list(site.paths)
    (collection.folder / "files").unlink()
    summary = await collection.run()
    assert (summary.n_files, summary.n_invalid, summary.ended_by) == (3, 0, "complete")
    # Only the request that was under way when the crawl ended may be sent again.
    assert [path for path in site.paths[len(first) :] if path in first] in ([], first[-1:])
