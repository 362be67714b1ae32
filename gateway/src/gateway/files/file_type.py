"""File types of uploads, recognized by the first bytes: MIDI, audio, or neither."""

from __future__ import annotations

from servicekit.faults import AudioUnreadable, Fault, MidiTooLarge, MidiUnreadable, TooLarge, UnsupportedMediaType

MAX_MIDI_BYTES = 2 * 1024 * 1024
HEAD_BYTES = 16
"""Number of first bytes that `audio_type` needs."""

_MIDI_EXTENSIONS = (".mid", ".midi", ".kar", ".smf", ".rmi")
_MIDI_TYPES = {"audio/midi", "audio/x-midi", "audio/mid", "audio/sp-midi", "application/x-midi"}
_AUDIO_EXTENSIONS = (".wav", ".flac", ".ogg", ".oga", ".mp3")

_SUPPORTED_HINT = "Upload a Standard MIDI File (.mid), or a recording as WAV, FLAC, Ogg Vorbis or MP3."

# The first bytes of other file types, whatever the file name claims.
_OTHER_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska file"),
    (b"FORM", "AIFF audio"),
)


def audio_type(head: bytes) -> str | None:
    """Return the media type of a recording, recognized by its first bytes.

    Parameters
    ----------
    head : bytes
        The file's first `HEAD_BYTES`.

    Returns
    -------
    str or None
        "audio/wav", "audio/flac", "audio/ogg" or "audio/mpeg"; None for anything else.
    """
    if head.startswith((b"RIFF", b"RF64")) and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"fLaC"):
        return "audio/flac"
    if head.startswith(b"OggS"):
        return "audio/ogg"
    return "audio/mpeg" if head.startswith(b"ID3") or _is_mp3_frame(head) else None


def check_audio(n_bytes: int, limit_bytes: int) -> Fault | None:
    """Return a fault for a recording that is larger than the limit; None for any other."""
    if n_bytes <= limit_bytes:
        return None
    return TooLarge(
        f"The recording is larger than {limit_bytes // 2**20} MiB, which is the limit. Upload it as FLAC or MP3.",
        limit_bytes=limit_bytes,
    )


def check_midi(name: str, media_type: str, data: bytes) -> Fault | None:
    """Return a fault for a file that is neither a recording nor worth parsing as MIDI.

    Parameters
    ----------
    name : str
        File name from the client.
    media_type : str
        Media type that the client declared.
    data : bytes
        The file, or one byte more than `MAX_MIDI_BYTES` of it.

    Returns
    -------
    Fault or None
        `MidiTooLarge`, `UnsupportedMediaType` for another file type, `MidiUnreadable` or `AudioUnreadable` for an
        empty file; None if the transposer is to decide.
    """
    if other := _other_type(data):
        return UnsupportedMediaType(f"This is {other}. {_SUPPORTED_HINT}")
    if len(data) > MAX_MIDI_BYTES:
        return MidiTooLarge("The file is larger than 2 MiB, which is the limit.", limit_bytes=MAX_MIDI_BYTES)
    if data.startswith((b"MThd", b"RIFF")):
        return None
    if not data and name.lower().endswith(_AUDIO_EXTENSIONS):
        return AudioUnreadable("The file is empty. Export it again, then upload it.")
    if not _declares_midi(name, media_type):
        return UnsupportedMediaType(f"This is neither MIDI nor audio that Segue reads. {_SUPPORTED_HINT}")
    if not data:
        return MidiUnreadable("The file is empty. Export it again, then upload it.")
    return None


def _is_mp3_frame(head: bytes) -> bool:
    """Return whether a file begins with a frame header of MPEG audio, layer III (ISO/IEC 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    has_version, has_layer = head[1] >> 3 & 3 != 1, head[1] >> 1 & 3 == 1
    return has_version and has_layer and head[2] >> 4 not in {0, 15} and head[2] >> 2 & 3 != 3


def _other_type(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        return "an MPEG-4 file (M4A or MP4)"
    return next((description for magic, description in _OTHER_TYPES if data.startswith(magic)), None)


def _declares_midi(name: str, media_type: str) -> bool:
    return name.lower().endswith(_MIDI_EXTENSIONS) or media_type.split(";")[0].strip().lower() in _MIDI_TYPES
