"""The texts of the light page, in English and German."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Texts = Mapping[str, str]

_ENGLISH = {
    "lang": "en",
    "intro": "A piece of music shared with Segue",
    "parents": "Made from",
    "blend": "Blend",
    "gan": "Generated piece",
    "hybrid": "Blend of two generated pieces",
    "upload": "Uploaded piece",
    "transcribe": "Transcribed recording",
    "bars": "{n} bars",
    "bar": "1 bar",
    "remix": "Remix this",
    "remix_hint": "Puts a copy into your library and opens it as piece A.",
    "download": "Download",
    "credits": "How it was made",
    "seed": "Seed",
    "mix": "Mix",
    "method": "Method",
    "key": "Key",
    "style": "Style",
    "qr": "QR code",
    "qr_hint": "Scan it to open this page, for example with a class.",
    "until": "This link ends on {date}.",
    "forever": "This link lasts until the owner ends it.",
    "about": "Segue blends two pieces of music, generates new ones, and blends those.",
    "home": "Make your own",
    "open": "Open in Segue",
    "no_audio": "Your browser cannot play audio. Download the piece instead.",
    "roll": "Notes of the piece from left to right, high notes at the top",
    "ended_title": "This link has ended",
    "ended": "The person who shared this piece has ended the link, or its time is over.",
    "unknown_title": "There is nothing here",
    "unknown": "No piece is shared under this address. Check that the link is complete.",
}

_GERMAN = {
    "lang": "de",
    "intro": "Ein Musikstück, mit Segue geteilt",
    "parents": "Entstanden aus",
    "blend": "Mischung",
    "gan": "Erzeugtes Stück",
    "hybrid": "Mischung zweier erzeugter Stücke",
    "upload": "Hochgeladenes Stück",
    "transcribe": "Transkribierte Aufnahme",
    "bars": "{n} Takte",
    "bar": "1 Takt",
    "remix": "Weiterverarbeiten",
    "remix_hint": "Legt eine Kopie in deine Bibliothek und öffnet sie als Stück A.",
    "download": "Herunterladen",
    "credits": "So ist es entstanden",
    "seed": "Startwert",
    "mix": "Mischung",
    "method": "Verfahren",
    "key": "Tonart",
    "style": "Stil",
    "qr": "QR-Code",
    "qr_hint": "Zum Öffnen dieser Seite scannen, zum Beispiel mit einer Klasse.",
    "until": "Dieser Link endet am {date}.",
    "forever": "Dieser Link gilt, bis die Person ihn beendet, die ihn geteilt hat.",
    "about": "Segue mischt zwei Musikstücke, erzeugt neue und mischt auch diese.",
    "home": "Eigene Musik machen",
    "open": "In Segue öffnen",
    "no_audio": "Dein Browser spielt keinen Ton ab. Lade das Stück stattdessen herunter.",
    "roll": "Noten des Stücks von links nach rechts, hohe Noten oben",
    "ended_title": "Dieser Link ist beendet",
    "ended": "Die Person, die dieses Stück geteilt hat, hat den Link beendet, oder seine Zeit ist abgelaufen.",
    "unknown_title": "Hier ist nichts",
    "unknown": "Unter dieser Adresse wird kein Stück geteilt. Prüfe, ob der Link vollständig ist.",
}

LANGUAGES: Mapping[str, Texts] = MappingProxyType({"en": _ENGLISH, "de": _GERMAN})


def choose(accept_language: str) -> Texts:
    """Return the texts in the language that a browser prefers, English where it prefers neither.

    Examples
    --------
    >>> choose("de-AT,de;q=0.9,en;q=0.8")["lang"], choose("fr")["lang"], choose("")["lang"]
    ('de', 'en', 'en')
    """
    ranked = sorted(accept_language.lower().split(","), key=_quality, reverse=True)
    names = (entry.split(";")[0].strip().split("-")[0] for entry in ranked)
    return next((LANGUAGES[name] for name in names if name in LANGUAGES), _ENGLISH)


def _quality(entry: str) -> float:
    _, _, value = entry.partition("q=")
    try:
        return float(value) if value else 1.0
    except ValueError:
        return 0.0
