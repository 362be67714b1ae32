"""Migrations: an older database is upgraded with its rows, a newer one is refused."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from gateway.domain.jobs import JobState
from gateway.storage import database, migrations
from gateway.storage.migrate import current_version
from gateway.storage.queries import QueryRunner
from gateway.storage.repository import Repository
from servicekit.faults import NotReady

VERSION_1 = (
    "CREATE TABLE segue_schema (version INTEGER NOT NULL PRIMARY KEY)",
    """CREATE TABLE segue_files (
        file_id VARCHAR(32) NOT NULL PRIMARY KEY, name TEXT NOT NULL, kind VARCHAR(16) NOT NULL,
        sha256 VARCHAR(64) NOT NULL, byte_count INTEGER NOT NULL, roles JSON NOT NULL, summary JSON NOT NULL,
        notices JSON NOT NULL, provenance JSON NOT NULL, created_at_s FLOAT NOT NULL, expires_at_s FLOAT)""",
    "CREATE INDEX ix_segue_files_expires_at_s ON segue_files (expires_at_s)",
    """CREATE TABLE segue_jobs (
        job_id VARCHAR(32) NOT NULL PRIMARY KEY, method VARCHAR(16) NOT NULL, state VARCHAR(16) NOT NULL,
        progress FLOAT NOT NULL, stage TEXT NOT NULL, request JSON NOT NULL, results JSON NOT NULL,
        parents JSON NOT NULL, error JSON, created_at_s FLOAT NOT NULL, updated_at_s FLOAT NOT NULL,
        version INTEGER NOT NULL)""",
    "CREATE INDEX ix_segue_jobs_state ON segue_jobs (state)",
    """CREATE TABLE segue_idempotency (
        "key" VARCHAR(64) NOT NULL PRIMARY KEY, fingerprint VARCHAR(64) NOT NULL, answer JSON NOT NULL,
        created_at_s FLOAT NOT NULL)""",
)
"""The tables as the first version created them."""

ROWS = (
    "INSERT INTO segue_schema VALUES (1)",
    """INSERT INTO segue_files VALUES ('f1', 'Ode.mid', 'midi', 'ab', 64, '{"1": "lead"}',
        '{"bars": 8, "seconds": 16.0, "tempo_bpm": 120.0, "meter": "4/4", "key": {"name": "C major",
          "confidence": 0.9, "mode": null, "runner_up": {"name": "G major", "confidence": 0.1}}, "local_keys": [],
          "tracks": [{"track": 1, "name": "Piano", "program": 4, "is_drum": false, "notes": 62, "role": "harmony",
          "role_confidence": 0.75}]}',
        '[{"reason": "QUANTISED", "message": "Two notes were moved."}]', '{}', 1.0, NULL)""",
    """INSERT INTO segue_files VALUES ('f2', 'Song.flac', 'audio', 'cd', 99, '{}', 'null', '[]',
        '{"job": "j3", "media_type": "audio/flac"}', 2.0, NULL)""",
    """INSERT INTO segue_jobs VALUES ('j1', 'gan', 'succeeded', 1.0, 'Done', '{"count": 1, "seed": 5}',
        '[{"file_id": "f3", "title": "Jazz in C major", "made": {"style": "jazz", "key": "C major", "bpm": 96.0,
          "meter": "4/4", "bars": 24, "seed": 5, "mood": {"valence": -0.25, "energy": 0.5}, "density": -0.0}}]',
        '[]', 'null', 3.0, 4.0, 6)""",
    """INSERT INTO segue_jobs VALUES ('j2', 'vae', 'failed', 0.5, 'Failed', '{"weight": 0.5, "seed": 6}', '[]',
        '[{"file_id": "f1", "title": "Ode"}, {"file_id": "f2", "title": "Song"}]',
        '{"type": "/problems/no-notes", "title": "No notes", "status": 422, "detail": "Silence.",
          "instance": "/jobs/j2", "reason": "NO_NOTES", "request_id": "j2", "facts": {}, "errors": []}',
        5.0, 6.0, 4)""",
    """INSERT INTO segue_jobs VALUES ('j3', 'transcribe', 'queued', 0.0, 'queued',
        '{"file_ids": ["f2"], "recordings": ["f2"]}', '[]', '[{"file_id": "f2", "title": "Song"}]', NULL,
        7.0, 7.0, 1)""",
    """INSERT INTO segue_idempotency VALUES ('k1', 'fp', '{"file_ids": ["f1"]}', 8.0)""",
)


def create_version_1(url: str) -> None:
    """Create a database of the first version, with rows in all tables."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in (*VERSION_1, *ROWS):
            connection.exec_driver_sql(statement)
    engine.dispose()


VERSION_3_FILES = (
    ("b1", "Blend of Ode and Song.mid", "result", {"method": "vae", "parents": [
        {"file_id": "f1", "title": "Ode", "sha256": "ab"}, {"file_id": "f3", "title": "Song", "sha256": "cd"}]}),
    ("t1", "Song.mid", "result", {"method": "transcribe", "parents": [
        {"file_id": "f2", "title": "Song", "sha256": "cd"}]}),
    ("g1", "Funk in C major.mid", "result", {"method": "gan", "parents": [], "style": "funk", "settings": {"bars": 8}}),
    ("h1", "Straße.mid", "result", {"method": "hybrid", "parents": [{"file_id": "g1", "title": "Funk", "sha256": "e"}],
        "settings": {"styles": ["funk", "Waltz"]}}),
)  # fmt: skip
VERSION_3_JOBS = (
    ("j4", "vae", [{"file_id": "b1", "title": "Blend"}], [{"file_id": "f1", "title": "Ode"}]),
    ("j5", "hybrid", [{"file_id": "h1", "title": "Hybrid"}], [{"file_id": "g1", "title": "Funk"}]),
)


def create_version_3(url: str) -> None:
    """Create a database of version 3 by the migrations up to it, with the rows of version 1 and results of jobs."""
    create_version_1(url)
    engine = sa.create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.stamp(config, "1")
        command.upgrade(config, "3")
        for file_id, name, kind, provenance in VERSION_3_FILES:
            values = {"file_id": file_id, "name": name, "kind": kind, "provenance": json.dumps(provenance)}
            connection.execute(
                sa.text(
                    "INSERT INTO segue_files (file_id, name, kind, sha256, byte_count, roles, summary, notices, "
                    "provenance, created_at_s, grid) VALUES (:file_id, :name, :kind, 'ef', 9, '{}', 'null', '[]', "
                    ":provenance, 9.0, 'found')"
                ),
                values,
            )
        for job_id, method, results, parents in VERSION_3_JOBS:
            values = {"id": job_id, "method": method, "results": json.dumps(results), "parents": json.dumps(parents)}
            connection.execute(
                sa.text(
                    "INSERT INTO segue_jobs VALUES (:id, :method, 'succeeded', 1.0, 'Done', '{}', :results, :parents, "
                    "'null', 9.0, 9.0, 3)"
                ),
                values,
            )
    engine.dispose()


async def check_upgraded(url: str) -> None:
    """Check that the rows of `create_version_1` are all there, by what the repository returns."""
    engine = database.connect(url)
    repository = Repository(runner := QueryRunner(engine))
    piece, recording = await repository.get_files(["f1", "f2"])
    assert piece.summary is not None
    assert piece.summary.key is not None
    assert piece.summary.key.runner_up is not None
    assert (piece.summary.key.name, piece.summary.key.runner_up.name) == ("C major", "G major")
    assert (piece.summary.tracks[0].notes, piece.roles) == (62, {"1": "lead"})
    assert (piece.grid, piece.summary.grid, piece.music_key) == (None, "file", piece.key)
    assert piece.notices[0].reason == "QUANTISED"
    assert (recording.is_recording, recording.summary, recording.provenance["job"]) == (True, None, "j3")
    generated, failed, queued = [await repository.get_job(job_id) for job_id in ("j1", "j2", "j3")]
    assert generated.results[0].generation is not None
    assert generated.results[0].generation.bpm == 96.0
    assert (generated.error, generated.version, generated.request) == (None, 6, {"count": 1, "seed": 5})
    assert failed.error is not None
    assert (failed.error.reason, failed.error.detail) == ("NO_NOTES", "Silence.")
    assert [parent.title for parent in failed.parents] == ["Ode", "Song"]
    assert (queued.state, queued.error) == (JobState.QUEUED, None)
    record = await repository.get_idempotency("k1")
    assert record is not None
    assert (record.fingerprint, record.response) == ("fp", {"file_ids": ["f1"]})
    runner.close()
    engine.dispose()


def check_current(url: str) -> None:
    """Check that the tables of a database are those that the code declares."""
    engine = database.connect(url)
    inspector = sa.inspect(engine)
    for table in database.metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}, table.name
        indexes = {tuple(index["column_names"]) for index in inspector.get_indexes(table.name)}
        assert indexes == {tuple(column.name for column in index.columns) for index in table.indexes}, table.name
    with engine.connect() as connection:
        # A Segue from before Alembic reads this table, and refuses a version that it does not know.
        assert connection.exec_driver_sql("SELECT version FROM segue_schema").scalars().all() == [current_version()]
    engine.dispose()


def set_version(url: str, version: int) -> None:
    """Pretend that a database is of another version."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE segue_alembic_version SET version_num = '{version}'")
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'segue.sqlite'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


def test_a_new_database_has_the_current_tables(url: str) -> None:
    check_current(url)
    check_current(url)


async def test_a_database_of_version_1_is_upgraded_with_its_rows(url: str) -> None:
    create_version_1(url)
    await check_upgraded(url)
    check_current(url)


async def test_a_database_of_version_3_keeps_all_rows_and_gains_parents_jobs_and_search(url: str) -> None:
    create_version_3(url)
    await check_upgraded(url)
    check_current(url)
    engine = database.connect(url)
    repository = Repository(runner := QueryRunner(engine))
    rows = await repository.get_files(["b1", "t1", "g1", "h1", "f1"])
    assert [(row.method, row.job_id) for row in rows] == [
        ("vae", "j4"),
        ("transcribe", None),
        ("gan", "j5"),
        ("hybrid", "j5"),
        (None, None),
    ]
    assert {(row.owner_id, row.starred, row.title, row.deleted_at_s) for row in rows} == {(None, False, None, None)}
    assert (rows[0].grid, rows[0].byte_count) == ("found", 9)
    with engine.connect() as connection:
        found = connection.execute(sa.select(database.files.c.file_id, database.files.c.search)).all()
        links = connection.execute(sa.select(database.parents).order_by("child_id", "position")).all()
    # What the migration wrote is what saving the file anew would write.
    assert dict(found) == {row.file_id: row.search_text for row in rows} | {"f2": "song.flac"}
    assert rows[3].search_text.split("\n") == ["strasse.mid", "funk", "waltz", "funk"]
    assert [tuple(link) for link in links] == [
        ("b1", 0, "f1", "Ode"),
        ("b1", 1, "f3", "Song"),
        ("h1", 0, "g1", "Funk"),
        ("t1", 0, "f2", "Song"),
    ]
    runner.close()
    engine.dispose()


def test_two_gateways_that_start_at_once_upgrade_a_database_once(url: str) -> None:
    create_version_1(url)
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(database.connect, [url] * 4))
    for engine in engines:
        engine.dispose()
    check_current(url)


def test_an_upgrade_that_fails_changes_nothing(url: str) -> None:
    create_version_1(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE segue_idempotency RENAME TO elsewhere")
    with pytest.raises(sa.exc.DBAPIError, match="segue_idempotency"):
        database.connect(url)
    with engine.begin() as connection:
        assert not sa.inspect(connection).has_table("segue_alembic_version")
        assert connection.exec_driver_sql("SELECT version FROM segue_schema").scalar() == 1
    engine.dispose()


def test_a_database_of_a_later_version_is_refused(url: str) -> None:
    database.connect(url).dispose()
    set_version(url, current_version() + 1)
    with pytest.raises(NotReady, match=r"has version 5; this Segue supports up to 4\. Install a later one\."):
        database.connect(url)


def test_sqlite_uses_a_write_ahead_log(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path / 'segue.sqlite'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
