"""The encoding of the texts of a file, and texts as Unicode without loss of a byte.

A MIDI file does not say how its texts are encoded, and programs write them in the encoding of their country. One
encoding is chosen for all texts of a file together: UTF-8 if all of them are valid, else the most plausible reading of
the whole. A byte that makes no character in it is kept as a character of the private use area, U+F780 for byte 0x80 to
U+F7FF for 0xFF, which is valid Unicode, unlike a surrogate, and is written as that byte again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from score.texts import letters, plausibility

_ESCAPE = 0xF700
_ESCAPED = re.compile("[\uf780-\uf7ff]+")
_MAX_CHARACTER_BYTES = 4
_MAX_SAMPLE_BYTES = 4096
_MAX_SPLIT_BYTES = 4096
"""A text that is longer and not valid as a whole is decoded as ASCII."""


class _Candidate(NamedTuple):
    """An encoding that files may have: its prior, and the plausibility of a reading from text and bytes."""

    name: str
    prior_nats: float
    score: Callable[[list[tuple[str, bytes]]], float]


def detect_encoding(texts: Iterable[bytes]) -> str:
    """Return the encoding of the texts of a file, as Python names it; UTF-8 if all are ASCII.

    The order of the texts and repeated ones make no difference.

    Examples
    --------
    >>> detect_encoding(["メロディ".encode("shift_jis")]), detect_encoding(["Мелодия".encode("cp1251")])
    ('cp932', 'cp1251')
    >>> detect_encoding(["Flöte".encode("latin-1")]), detect_encoding(["Flöte".encode()])
    ('cp1252', 'utf-8')
    """
    distinct = sorted({text for text in texts if not text.isascii()})
    if all(_is_valid(text, "utf-8") for text in distinct):
        return "utf-8"
    sample, n_bytes = [], 0
    for text in distinct:
        sample.append(text[: _MAX_SAMPLE_BYTES - n_bytes])
        n_bytes += len(sample[-1])
        if n_bytes >= _MAX_SAMPLE_BYTES:
            break
    return max(_CANDIDATES, key=partial(_plausibility, sample)).name


def decode_text(payload: bytes, encoding: str = "utf-8") -> str:
    r"""Return a text as Unicode, from which `encode_text` makes the same bytes.

    Examples
    --------
    >>> decode_text("Für Elise".encode()), decode_text("Für Elise".encode("cp1252"), "cp1252")
    ('Für Elise', 'Für Elise')
    >>> decode_text(b"Fl\xf6te")
    'Fl\uf7f6te'
    """
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError:
        return "".join(text for text, _ in _split(payload, encoding))
    if payload.isascii() or (text.encode(encoding) == payload and not _ESCAPED.search(text)):
        return text
    return "".join(text for text, _ in _split(payload, encoding))


def encode_text(text: str, encoding: str = "utf-8") -> bytes:
    r"""Return the bytes of a text; in UTF-8 if it has characters that the encoding lacks.

    Examples
    --------
    >>> encode_text("Fl\uf7f6te"), encode_text("Flöte", "cp1252"), encode_text("曲", "cp1252")
    (b'Fl\xf6te', b'Fl\xf6te', b'\xe6\x9b\xb2')
    """
    encoded, position = b"", 0
    for match in _ESCAPED.finditer(text):
        encoded += _encode(text[position : match.start()], encoding)
        encoded += bytes(ord(character) - _ESCAPE for character in match.group())
        position = match.end()
    return encoded + _encode(text[position:], encoding)


def display_text(text: str) -> str:
    r"""Return a decoded text for people: bytes that make no character are shown as such.

    Examples
    --------
    >>> display_text("Fl\uf7f6te")
    'Fl\ufffdte'
    """
    return _ESCAPED.sub("\ufffd", text)


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _is_valid(payload: bytes, encoding: str) -> bool:
    try:
        payload.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _split(payload: bytes, encoding: str) -> list[tuple[str, bytes]]:
    """Return the characters of a text with their bytes; a byte that makes no character is escaped."""
    if len(payload) > _MAX_SPLIT_BYTES:
        return [(chr(byte) if byte < 0x80 else chr(_ESCAPE + byte), bytes((byte,))) for byte in payload]
    found, position = [], 0
    while position < len(payload):
        character, width = _next_character(payload, position, encoding)
        found.append((character, payload[position : position + width]))
        position += width
    return found


def _next_character(payload: bytes, position: int, encoding: str) -> tuple[str, int]:
    if payload[position] < 0x80:
        return chr(payload[position]), 1
    for width in range(1, _MAX_CHARACTER_BYTES + 1):
        part = payload[position : position + width]
        try:
            character = part.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(part) == width and character.encode(encoding) == part and not _ESCAPED.match(character):
            return character, width
    return chr(_ESCAPE + payload[position]), 1


def _plausibility(sample: Iterable[bytes], candidate: _Candidate) -> float:
    total = candidate.prior_nats
    for payload in sample:
        characters = _split(payload, candidate.name)
        readable = [(text, part) for text, part in characters if not _ESCAPED.match(text)]
        total += plausibility.UNREADABLE_NATS * (len(characters) - len(readable))
        total += candidate.score(readable) + plausibility.word_bonus("".join(text for text, _ in readable))
    return total


def _score_text(score: Callable[[str], float], characters: list[tuple[str, bytes]]) -> float:
    return score("".join(text for text, _ in characters))


def _score_characters(score: Callable[[str, bytes], float], characters: list[tuple[str, bytes]]) -> float:
    total = plausibility.embedded("".join(text for text, _ in characters))
    return total + sum(plausibility.ASCII_NATS if text.isascii() else score(text, part) for text, part in characters)


def _utf8(characters: list[tuple[str, bytes]]) -> float:
    return sum(plausibility.ASCII_NATS if text.isascii() else -4.0 for text, _ in characters)


def _japanese(last_common_lead: int, characters: list[tuple[str, bytes]]) -> float:
    """Return the plausibility of a reading in Japanese.

    Parameters
    ----------
    last_common_lead : int
        The last lead byte of the first level of kanji.
    characters : list of (str, bytes)
        Characters and their bytes.
    """
    total, before = plausibility.embedded("".join(text for text, _ in characters)), ""
    for text, part in characters:
        is_common = part[0] <= last_common_lead
        total += plausibility.ASCII_NATS if text.isascii() else plausibility.japanese(text, before, is_common=is_common)
        before = text
    return total


def _chinese_simplified(character: str, part: bytes) -> float:
    is_common = len(part) == 2 and 0xB0 <= part[0] <= 0xD7 and part[1] >= 0xA1
    return plausibility.chinese(character, is_common, letters.HANZI_SIMPLIFIED)


def _chinese_traditional(character: str, part: bytes) -> float:
    return plausibility.chinese(character, 0xA4 <= part[0] <= 0xC6, letters.HANZI_TRADITIONAL)


def _korean(character: str, part: bytes) -> float:
    return plausibility.korean(character, len(part) == 2 and part[0] >= 0xB0 and part[1] >= 0xA1)


_CYRILLIC = partial(_score_text, plausibility.cyrillic)
_LATIN = partial(_score_text, partial(plausibility.latin, regional_nats=-8.0))
_REGIONAL = partial(_score_text, partial(plausibility.latin, regional_nats=-5.5))
_CANDIDATES = (
    _Candidate("cp1252", 0.0, _LATIN),
    _Candidate("utf-8", 0.0, _utf8),
    _Candidate("cp1251", -1.0, _CYRILLIC),
    _Candidate("cp932", -1.0, partial(_japanese, 0x97)),
    _Candidate("gbk", -1.5, partial(_score_characters, _chinese_simplified)),
    _Candidate("cp949", -1.5, partial(_score_characters, _korean)),
    _Candidate("big5", -2.0, partial(_score_characters, _chinese_traditional)),
    _Candidate("koi8_r", -2.5, _CYRILLIC),
    _Candidate("cp866", -3.0, _CYRILLIC),
    _Candidate("euc_jp", -3.0, partial(_japanese, 0xCF)),
    _Candidate("cp1250", -2.5, _REGIONAL),
    _Candidate("cp1254", -3.0, _REGIONAL),
    _Candidate("cp850", -4.0, _LATIN),
    _Candidate("mac_roman", -4.5, _LATIN),
)
"""Encodings by how often they occur; of equals the first one counts."""
