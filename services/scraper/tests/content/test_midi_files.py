"""MIDI files and archives: digest of the notes, and extraction within limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from score.midi import MAX_BYTES
from scraper.content import midi_files
from servicekit.faults import MidiUnreadable

Piece = Callable[..., bytes]


def test_the_same_notes_have_one_digest_whatever_the_file_says_else(piece: Piece) -> None:
    plain, named, finer = piece(60, 64), piece(60, 64, name="Song"), piece(60, 64, division=96)
    assert len({plain, named, finer}) == 3
    assert midi_files.note_digest(plain) == midi_files.note_digest(named) == midi_files.note_digest(finer)


def test_other_notes_have_another(piece: Piece) -> None:
    assert midi_files.note_digest(piece(60, 64)) != midi_files.note_digest(piece(60, 65))


def test_what_is_no_midi_is_a_fault() -> None:
    with pytest.raises(MidiUnreadable, match=r"."):
        midi_files.note_digest(b"MThd and then nothing")


def archive(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, content in entries:
            zip_file.writestr(name, content)
    return buffer.getvalue()


def test_an_archive_gives_its_midi_files(piece: Piece) -> None:
    data = archive(("a/one.mid", piece(60)), ("readme.txt", b"hello"), ("TWO.MIDI", piece(62)))
    assert midi_files.is_archive(data)
    assert list(midi_files.extract_midi_files(data)) == [("a/one.mid", piece(60)), ("TWO.MIDI", piece(62))]


def test_what_is_too_long_in_an_archive_is_left_out(piece: Piece) -> None:
    data = archive(("bomb.mid", bytes(MAX_BYTES + 1)), ("one.mid", piece(60)))
    assert [name for name, _ in midi_files.extract_midi_files(data)] == ["one.mid"]


def test_no_more_than_so_much_is_unpacked(piece: Piece, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_files, "MAX_UNPACKED_BYTES", 10)
    data = archive(("one.mid", piece(60)), ("two.mid", piece(62)))
    assert [name for name, _ in midi_files.extract_midi_files(data)] == ["one.mid"]


@pytest.mark.parametrize("cut", [4, 30, 60])
def test_a_broken_archive_gives_nothing(piece: Piece, cut: int) -> None:
    assert list(midi_files.extract_midi_files(archive(("one.mid", piece(60)))[:cut])) == []
