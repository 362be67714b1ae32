"""What comes in by ``POST /upload``: each file is MIDI, or a fault says what it is instead."""

from __future__ import annotations

from servicekit.faults import Fault, MidiTooLarge, MidiUnreadable, WrongType

MAX_MIDI_BYTES = 2 * 1024 * 1024

_MIDI_NAMES = (".mid", ".midi", ".kar", ".smf", ".rmi")
_MIDI_TYPES = {"audio/midi", "audio/x-midi", "audio/mid", "audio/sp-midi", "application/x-midi"}

# The first bytes of files that are plainly something else, whatever their name says.
_OTHER_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"ID3", "MP3 audio"),
    (b"\xff\xfb", "MP3 audio"),
    (b"fLaC", "FLAC audio"),
    (b"OggS", "Ogg audio"),
    (b"FORM", "AIFF audio"),
)


def check(name: str, media_type: str, data: bytes) -> Fault | None:
    """Tell a file that is not worth reading by its name, its type and its first bytes.

    Returns
    -------
    Fault or None
        `MidiTooLarge`, `WrongType` for something else than MIDI, `MidiUnreadable` for an empty file; None where
        the transposer should decide.
    """
    if len(data) > MAX_MIDI_BYTES:
        return MidiTooLarge("The file is larger than 2 MiB, the most that is read.", limit_bytes=MAX_MIDI_BYTES)
    if other := _other_type(data):
        return WrongType(f"This is {other}. Upload a Standard MIDI File (.mid).")
    if data.startswith((b"MThd", b"RIFF")):
        return None
    if not _claims_midi(name, media_type):
        return WrongType("This is no MIDI file. Upload a Standard MIDI File (.mid).")
    if not data:
        return MidiUnreadable("The file is empty. Export it again, then upload it.")
    return None


def _other_type(data: bytes) -> str | None:
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "WAV audio"
    return next((told for magic, told in _OTHER_TYPES if data.startswith(magic)), None)


def _claims_midi(name: str, media_type: str) -> bool:
    return name.lower().endswith(_MIDI_NAMES) or media_type.split(";")[0].strip().lower() in _MIDI_TYPES
