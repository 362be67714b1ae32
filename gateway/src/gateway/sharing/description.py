"""Describes a shared piece in words: its title, one line, its parents and how it was made. It names no file id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.domain.json_codec import JsonObject
from gateway.sharing.texts import Texts
from gateway.storage.rows import FileRow

_HIDDEN_SETTINGS = {"file_ids", "recordings", "count", "seed", "weight", "shares", "style", "key"}
"""Ids, and what has a line of its own."""

_METHOD_TEXTS = {"vae": "blend", "steps": "blend", "gan": "gan", "hybrid": "hybrid", "transcribe": "transcribe"}
_MAX_CREDITS = 24


@dataclass(frozen=True)
class Description:
    """A piece in words.

    Attributes
    ----------
    title : str
        Title of the piece.
    caption : str
        Kind, key, tempo, meter and length.
    parents : list of (str, int or None)
        Title and share in percent of each piece that it was made from.
    credits : list of (str, str)
        Names and values of the settings that it was made with.
    """

    title: str
    caption: str
    parents: list[tuple[str, int | None]]
    credits: list[tuple[str, str]]


def describe(row: FileRow, piece: FileRow, texts: Texts) -> Description:
    """Describe a shared file.

    Parameters
    ----------
    row : FileRow
        The file.
    piece : FileRow
        Its MIDI: of a recording, the transcription; else the file itself.
    texts : mapping of str to str
        The texts of a language.
    """
    provenance = row.provenance
    kind = texts[_METHOD_TEXTS.get(provenance.get("method", ""), "upload")]
    if row.is_recording:
        kind = texts["transcribe"]
    return Description(
        title=row.shown_title or texts["intro"],
        caption=" · ".join([kind, *_music(piece, texts)]),
        parents=_parents(row),
        credits=_credits(provenance, kind, texts) if provenance and not row.is_recording else [],
    )


def format_date(time_s: float, texts: Texts) -> str:
    """Return a date as people write it."""
    date = datetime.fromtimestamp(time_s, UTC)
    return f"{date.day}.{date.month}.{date.year}" if texts["lang"] == "de" else f"{date:%B} {date.day}, {date.year}"


def _music(piece: FileRow, texts: Texts) -> list[str]:
    summary = piece.summary
    if summary is None:
        return []
    key = [] if summary.key is None else [_key_name(summary.key.name)]
    bars = texts["bar"] if summary.bars == 1 else texts["bars"].format(n=summary.bars)
    minutes, seconds = divmod(round(summary.seconds), 60)
    return [*key, f"{summary.tempo_bpm:.0f} BPM", summary.meter, bars, f"{minutes}:{seconds:02}"]


def _parents(row: FileRow) -> list[tuple[str, int | None]]:
    titles = [str(parent["title"]) for parent in row.parent_files]
    settings: JsonObject = row.provenance.get("settings") or {}
    shares: list[float] | None = settings.get("shares")
    weight = row.provenance.get("weight", settings.get("weight"))
    if shares is None and weight is not None and len(titles) == 2:
        shares = [1 - weight, weight]
    if shares is None or len(shares) != len(titles):
        return [(title, None) for title in titles]
    return [(title, round(100 * share)) for title, share in zip(titles, shares, strict=True)]


def _credits(provenance: JsonObject, kind: str, texts: Texts) -> list[tuple[str, str]]:
    """Return the settings in words; each is shown as it was sent, since new ones come with new versions."""
    found = [(texts["method"], kind)]
    found += [(texts[name], _format(provenance[name])) for name in ("style", "key") if provenance.get(name)]
    settings: JsonObject = provenance.get("settings") or {}
    found += [
        (name.replace("_", " "), _format(value))
        for name, value in settings.items()
        if name not in _HIDDEN_SETTINGS and value is not None
    ]
    if "seed" in provenance:
        found.append((texts["seed"], str(provenance["seed"])))
    return found[:_MAX_CREDITS]


def _format(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_format(part)}" for name, part in value.items() if part is not None)[:300]
    if isinstance(value, list):
        return ", ".join(_format(part) for part in value)[:300]
    return _key_name(str(value))[:300]


def _key_name(text: str) -> str:
    """Return a key with musical signs: "F♯ minor"."""
    tonic, space, mode = text.partition(" ")
    if mode not in {"major", "minor"} or len(tonic) != 2:
        return text
    return tonic[0] + {"#": "♯", "b": "♭"}.get(tonic[1], tonic[1]) + space + mode
