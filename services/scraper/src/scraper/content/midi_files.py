"""MIDI files and archives: detection by the first bytes, a digest of the notes, and extraction from containers."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from fractions import Fraction

from score import midi
from score.model import Score

from scraper.content.licences import is_licence_file
from scraper.content.urls import MIDI_SUFFIXES

MAX_ENTRIES = 2000
"""Maximum number of files looked at in one archive."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
"""Maximum number of bytes unpacked from one archive."""
MAX_TEXT_BYTES = 64 * 1024
"""Bytes read of each text in an archive that may state a licence."""

_TICKS_PER_QUARTER = 960
"""Resolution in which onsets and durations are compared: a multiple of most resolutions in use."""


def is_midi(data: bytes) -> bool:
    """Return whether data begins like a MIDI file, bare or in a RIFF container."""
    return data.startswith(b"MThd") or (data.startswith(b"RIFF") and data[8:12] == b"RMID")


def is_archive(data: bytes) -> bool:
    """Return whether data begins like a zip archive or a gzip file."""
    return data.startswith((b"PK\x03\x04", b"\x1f\x8b"))


def unwrap(data: bytes) -> bytes:
    """Return the MIDI file in a RIFF container; other data as it is."""
    if not (data.startswith(b"RIFF") and data[8:12] == b"RMID"):
        return data
    position = 12
    while position + 8 <= len(data):
        name, size = data[position : position + 4], struct.unpack_from("<I", data, position + 4)[0]
        if name == b"data":
            return data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    return data


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """Return what a gzip file contains; empty if it is broken or longer than ``max_bytes``."""
    try:
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        unpacked = stream.decompress(data, max_bytes + 1)
    except zlib.error:
        return b""
    return unpacked if len(unpacked) <= max_bytes else b""


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
    return score_digest(midi.parse(data))


def score_digest(score: Score) -> str:
    """Compute the digest of a score's notes, as `note_digest` does."""
    return hashlib.sha256(repr(sorted(_iter_notes(score))).encode()).hexdigest()


def _iter_notes(score: Score) -> Iterator[tuple[int, int, int, int]]:
    """Yield onset, duration, pitch, and whether it is a drum."""
    scale = Fraction(_TICKS_PER_QUARTER, score.ticks_per_quarter)
    for track in score.tracks:
        is_drum = int(track.is_drum)
        if scale.denominator == 1:
            factor = scale.numerator
            for onset, duration, pitch, _ in track.notes:
                yield onset * factor, duration * factor, pitch, is_drum
            continue
        for onset, duration, pitch, _ in track.notes:
            yield round(onset * scale), round(duration * scale), pitch, is_drum


def extract_midi_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Extract the MIDI files of a zip archive or a gzip file.

    Yields
    ------
    tuple of str and bytes
        A file's path in the archive and its bytes. Files that are broken, encrypted or too long are left out, and at
        most `MAX_ENTRIES` files and `MAX_UNPACKED_BYTES` are read.
    """
    for name, content in _iter_entries(data):
        if name.lower().endswith(MIDI_SUFFIXES) or is_midi(content[:12]):
            yield name, content


def extract_licence_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of an archive that may state a licence."""
    for name, content in _iter_entries(data):
        if is_licence_file(name) and not is_midi(content[:12]):
            yield name, content[:MAX_TEXT_BYTES].decode("utf-8", "replace")


def _iter_entries(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"\x1f\x8b"):
        content = gunzip(data, midi.MAX_BYTES)
        if is_midi(content[:12]):
            yield "", content
        return
    n_left_bytes = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:MAX_ENTRIES]:
                if not _is_wanted(entry) or n_left_bytes <= 0:
                    continue
                content = _read_entry(archive, entry)
                n_left_bytes -= len(content)
                if content and entry.filename.lower().endswith(".gz"):
                    content = gunzip(content, midi.MAX_BYTES)
                    n_left_bytes -= len(content)
                if content:
                    yield entry.filename, content
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        return


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    is_named = entry.filename.lower().removesuffix(".gz").endswith(MIDI_SUFFIXES) or is_licence_file(entry.filename)
    return is_named and not entry.is_dir() and entry.file_size <= midi.MAX_BYTES


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Read at most the size of a MIDI file, whatever size the archive states."""
    try:
        with archive.open(entry) as packed:
            return packed.read(midi.MAX_BYTES)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, zlib.error):
        return b""
