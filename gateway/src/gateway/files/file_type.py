"""File types of uploads, recognized by the first bytes: MIDI, audio, or neither."""

from __future__ import annotations

from servicekit.faults import AudioUnreadable, Fault, MidiTooLarge, MidiUnreadable, TooLarge, UnsupportedMediaType

MAX_MIDI_BYTES = 2 * 1024 * 1024
HEAD_BYTES = 16
"""Number of first bytes that `audio_type` needs."""

_MIDI_EXTENSIONS = (".mid", ".midi", ".kar", ".smf", ".rmi")
_MIDI_TYPES = {"audio/midi", "audio/x-midi", "audio/mid", "audio/sp-midi", "application/x-midi"}
_AUDIO_EXTENSIONS = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".mp4", ".3gp", ".aac", ".webm", ".weba", ".aif", ".aiff",
    ".caf", ".wma", ".amr",
)  # fmt: skip

_SUPPORTED_HINT = "Upload a Standard MIDI File (.mid), or a recording as WAV, FLAC, Ogg, MP3, M4A, AAC, WebM or AIFF."

# Media types of recordings by their first bytes.
_AUDIO_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"caff", "audio/x-caf"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "audio/x-ms-wma"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
)
_CONTAINER_TYPES = {
    (b"RIFF", b"WAVE"): "audio/wav",
    (b"RF64", b"WAVE"): "audio/wav",
    (b"FORM", b"AIFF"): "audio/aiff",
    (b"FORM", b"AIFC"): "audio/aiff",
}
# Brands of MPEG-4 files that are images.
_IMAGE_BRANDS = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}

# The first bytes of other file types, whatever the file name claims.
_OTHER_TYPES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"FORM", "an IFF file without audio"),
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
        Such as "audio/wav" or "audio/mp4", also for the sound of a video; None for anything else.
    """
    if known := _CONTAINER_TYPES.get((head[:4], head[8:12])):
        return known
    if head[4:8] == b"ftyp" and head[8:12] not in _IMAGE_BRANDS:
        return "audio/3gpp" if head[8:10] == b"3g" else "audio/mp4"
    if known := next((media_type for magic, media_type in _AUDIO_TYPES if head.startswith(magic)), None):
        return known
    if _is_adts_frame(head):
        return "audio/aac"
    return "audio/mpeg" if _is_mp3_frame(head) else None


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


def _is_adts_frame(head: bytes) -> bool:
    """Return whether a file begins with a frame header of AAC in ADTS (ISO/IEC 13818-7, 6.2): layer 0, a known rate."""
    return len(head) >= 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13


def _other_type(data: bytes) -> str | None:
    if data[4:8] == b"ftyp":
        return "an image (HEIC or AVIF)"
    return next((description for magic, description in _OTHER_TYPES if data.startswith(magic)), None)


def _declares_midi(name: str, media_type: str) -> bool:
    return name.lower().endswith(_MIDI_EXTENSIONS) or media_type.split(";")[0].strip().lower() in _MIDI_TYPES
