"""The small parts: keys as text, seeds, names, versions, pages, and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from gateway.api import markdown
from gateway.files import file_service
from gateway.settings import Settings
from gateway.storage import database
from hypothesis import given
from hypothesis import strategies as st
from segue.common.v1.common_pb2 import Key
from servicekit.faults import NotReady, UnknownKey
from servicekit.settings import read_settings

from gateway import ids, keys


@given(st.integers(0, 11), st.sampled_from([1, 2]))
def test_a_key_read_back_is_the_key(tonic: int, mode: int) -> None:
    key = Key(tonic=tonic, mode=mode)  # type: ignore[arg-type]  # the enum's numbers
    assert keys.parse(keys.name(key)) == key


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("F# minor", "F# minor"),
        ("Gb MINOR", "F# minor"),
        ("d♯ major", "Eb major"),
        ("cb major", "B major"),
        ("B# major", "C major"),
        (" a  minor ", "A minor"),
    ],
)
def test_a_key_has_one_spelling(text: str, told: str) -> None:
    assert keys.name(keys.parse(text)) == told


@pytest.mark.parametrize("text", ["", "H major", "C", "C dorian", "major", "C## major", "C major!"])
def test_what_is_no_key_is_told_what_one_is(text: str) -> None:
    with pytest.raises(UnknownKey, match='such as "F# minor" or "Eb major"'):
        keys.parse(text)


@given(st.integers(0, ids.SEED_LIMIT - 1))
def test_derived_seeds_differ_stay_in_range_and_follow_from_the_first(seed: int) -> None:
    seeds = [ids.derive_seed(seed, place) for place in range(32)]
    assert seeds[0] == seed
    assert len(set(seeds)) == 32
    assert all(0 <= one < ids.SEED_LIMIT for one in seeds)
    assert seeds == [ids.derive_seed(seed, place) for place in range(32)]


def test_a_derived_id_follows_from_both_and_looks_like_an_id() -> None:
    assert ids.derive_id("a" * 32, "result-0") == ids.derive_id("a" * 32, "result-0")
    assert len({ids.derive_id(parent, name) for parent in "ab" for name in ("x", "y")}) == 4
    assert len(ids.derive_id("a" * 32, "result-0")) == len(ids.draw_id()) == 32


@pytest.mark.parametrize(
    ("names", "told"),
    [(["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C"), (["x" * 61, "B"], "x" * 59 + "… and B")],
)
def test_names_are_joined_for_people(names: list[str], told: str) -> None:
    assert file_service.listing(names) == told


def test_a_page_shows_markdown_and_no_markup_of_its_text() -> None:
    shown = markdown.page("No <notes>", "# No notes\n\n`NO_NOTES`, <b>\n\n- one\n- two\n  lines\n")
    assert "<title>No &lt;notes&gt;</title>" in shown
    body = shown[shown.index("<main>") :]
    assert body.startswith(
        "<main><h1>No notes</h1><p><code>NO_NOTES</code>, &lt;b&gt;</p><ul><li>one</li><li>two\n  lines</li></ul>"
    )


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'segue.sqlite'}"
    engine = database.connect(url)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        connection.execute(sa.update(database.schema).values(version=database.SCHEMA_VERSION + 1))
    engine.dispose()
    with pytest.raises(NotReady, match="is of version 2; this Segue knows 1"):
        database.connect(url)


@pytest.mark.parametrize(
    ("given_url", "engine_url"),
    [
        ("", "sqlite:////data/segue.sqlite"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_the_database_is_a_file_or_a_server(monkeypatch: pytest.MonkeyPatch, given_url: str, engine_url: str) -> None:
    monkeypatch.setenv("SEGUE_DATA", "/data")
    monkeypatch.setenv("SEGUE_DATABASE_URL", given_url)
    settings = read_settings(Settings)
    assert settings.engine_url == engine_url
    assert "u@h" not in repr(settings)


def test_a_misspelt_setting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_KEEPDAYS", "3")
    with pytest.raises(SystemExit, match="unknown SEGUE_KEEPDAYS"):
        read_settings(Settings)
