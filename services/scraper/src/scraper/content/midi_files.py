"""Which bytes are music, and when two files hold the same."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from fractions import Fraction

from score import midi
from score.model import Score

from scraper.content.links import MIDI_SUFFIXES

MAX_ENTRIES = 2000
"""Files looked at in one archive."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
"""Bytes unpacked from one archive."""

_TICKS = 960
"""Ticks a quarter that onsets and durations are compared in: a multiple of most divisions in use."""


def is_midi(data: bytes) -> bool:
    """Tell by its first bytes whether this should be a MIDI file."""
    return data.startswith(b"MThd")


def is_archive(data: bytes) -> bool:
    """Tell by its first bytes whether this should be a zip archive."""
    return data.startswith(b"PK\x03\x04")


def digest_of_notes(data: bytes) -> str:
    """Read a MIDI file and sum up what it plays.

    Two files have one digest when the same notes sound: names, texts, tempo, division, the order of tracks, and how
    hard keys are struck play no part.

    Returns
    -------
    str
        A sha256 in hexadecimal.

    Raises
    ------
    Fault
        Any that `score.midi.parse` raises.
    """
    return hashlib.sha256(repr(sorted(_notes(midi.parse(data)))).encode()).hexdigest()


def _notes(score: Score) -> Iterator[tuple[int, int, int, int]]:
    scale = Fraction(_TICKS, score.ticks_per_quarter)
    for track in score.tracks:
        for note in track.notes:
            onset, duration = round(note.onset_ticks * scale), round(note.duration_ticks * scale)
            yield onset, duration, note.pitch, int(track.is_drum)


def unpack(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Take the MIDI files from a zip archive.

    Yields
    ------
    tuple of str and bytes
        A file's path in the archive and its bytes, at most those of a MIDI file. What is broken, encrypted or too
        long is left out, and no more than `MAX_ENTRIES` and `MAX_UNPACKED_BYTES` are looked at.
    """
    left_bytes = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:MAX_ENTRIES]:
                wanted = entry.filename.lower().endswith(MIDI_SUFFIXES) and entry.file_size <= midi.MAX_BYTES
                if not wanted or left_bytes <= 0:
                    continue
                content = _content(archive, entry)
                left_bytes -= len(content)
                if content:
                    yield entry.filename, content
    except (zipfile.BadZipFile, ValueError, OverflowError):
        return


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read no further than a MIDI file may reach, whatever the archive says of the size."""
    try:
        with archive.open(entry) as packed:
            return packed.read(midi.MAX_BYTES)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        return b""
