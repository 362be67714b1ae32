"""Files that other programs write: damaged or unusual bytes, and names in old encodings."""

from __future__ import annotations

import pytest

from cases.workbench import Workbench, messages, n_notes, read

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

REPAIRED = [
    "bytes-running-status-over-text.mid",
    "bytes-velocity-200.mid",
    "bytes-header-counts-five.mid",
    "bytes-last-byte-missing.mid",
    "bytes-clock-in-track.mid",
]
NAMES = {"names-shift_jis.mid": ("メロディ", "shift_jis"), "names-cp1251.mid": ("Мелодия", "cp1251")}


@pytest.mark.parametrize("name", REPAIRED)
def test_a_file_is_mended_and_a_notice_tells(workbench: Workbench, name: str) -> None:
    file = workbench.describe(workbench.upload(name))
    assert n_notes(file) == [32]
    assert file["notices"] != []
    assert sum(len(track["notes"]) for track in workbench.piano_roll(file["file_id"])["tracks"]) == 32


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bytes-riff.rmi", [32]),
        ("bytes-type-2-one-sequence.mid", [32]),
        ("bytes-header-counts-one.mid", [32, 32]),
    ],
)
def test_an_unusual_file_is_read_whole(workbench: Workbench, name: str, expected: list[int]) -> None:
    file = workbench.describe(workbench.upload(name))
    assert n_notes(file) == expected


@pytest.mark.parametrize("name", [*REPAIRED, "bytes-riff.rmi", "bytes-type-2-one-sequence.mid"])
def test_a_repaired_file_sounds_and_comes_back(workbench: Workbench, name: str) -> None:
    file_id = workbench.upload(name)
    assert workbench.client.download_midi(file_id) == read(name)
    assert workbench.play(file_id).std() > 0.001


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_an_old_encoding_is_read_and_written_back(workbench: Workbench, name: str) -> None:
    text, encoding = NAMES[name]
    file = workbench.describe(workbench.upload(name))
    assert text in {track["name"] for track in file["summary"]["tracks"]}
    original = workbench.blend(name, name, weight=0.0, ends="original")
    assert text.encode(encoding) in workbench.client.download_midi(original)


def test_no_notice_of_a_clean_file_says_that_it_was_mended(workbench: Workbench) -> None:
    for name in ("ode.mid", "saints.mid"):
        assert messages(workbench.describe(workbench.upload(name))) == ""
