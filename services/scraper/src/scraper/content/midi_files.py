"""MIDI files and archives: detection by the first bytes, a digest of the notes, and extraction from archives."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from fractions import Fraction

from score import midi
from score.model import Score

from scraper.content.urls import MIDI_SUFFIXES

MAX_ENTRIES = 2000
"""Maximum number of files looked at in one archive."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
"""Maximum number of bytes unpacked from one archive."""

_TICKS_PER_QUARTER = 960
"""Resolution in which onsets and durations are compared: a multiple of most resolutions in use."""


def is_midi(data: bytes) -> bool:
    """Return whether data begins like a MIDI file."""
    return data.startswith(b"MThd")


def is_archive(data: bytes) -> bool:
    """Return whether data begins like a zip archive."""
    return data.startswith(b"PK\x03\x04")


def note_digest(data: bytes) -> str:
    """Compute a digest of the notes of a MIDI file.

    Two files have the same digest if they play the same notes: names, texts, tempo, resolution, the order of tracks,
    and velocities do not matter.

    Returns
    -------
    str
        A SHA-256 in hexadecimal.

    Raises
    ------
    Fault
        Any that `score.midi.parse` raises.
    """
    return hashlib.sha256(repr(sorted(_iter_notes(midi.parse(data)))).encode()).hexdigest()


def _iter_notes(score: Score) -> Iterator[tuple[int, int, int, int]]:
    """Yield onset, duration, pitch, and whether it is a drum."""
    scale = Fraction(_TICKS_PER_QUARTER, score.ticks_per_quarter)
    for track in score.tracks:
        for note in track.notes:
            onset, duration = round(note.onset_ticks * scale), round(note.duration_ticks * scale)
            yield onset, duration, note.pitch, int(track.is_drum)


def extract_midi_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Extract the MIDI files of a zip archive.

    Yields
    ------
    tuple of str and bytes
        A file's path in the archive and its bytes. Files that are broken, encrypted or too long are left out, and at
        most `MAX_ENTRIES` files and `MAX_UNPACKED_BYTES` are read.
    """
    n_left_bytes = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:MAX_ENTRIES]:
                is_wanted = entry.filename.lower().endswith(MIDI_SUFFIXES) and entry.file_size <= midi.MAX_BYTES
                if not is_wanted or n_left_bytes <= 0:
                    continue
                content = _read_entry(archive, entry)
                n_left_bytes -= len(content)
                if content:
                    yield entry.filename, content
    except (zipfile.BadZipFile, ValueError, OverflowError):
        return


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read at most the size of a MIDI file, whatever size the archive states."""
    try:
        with archive.open(entry) as packed:
            return packed.read(midi.MAX_BYTES)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        return b""
