"""How probable a text is, as the logarithm of a rough probability: to compare readings of the same bytes.

Every reading of n bytes explains all of them, so that sums over characters can be compared: a reading with fewer, but
rarer characters may win or lose. The figures are rounded logarithms of frequencies within names and lyrics; all that
matters is that a wrong reading consists of rare characters, or of frequent ones in the wrong places.
"""

from __future__ import annotations

import re

from score.texts import letters

ASCII_NATS, UNREADABLE_NATS = -3.0, -16.0
_FREQUENT, _COMMON, _RARE, _ALIEN = -5.6, -9.2, -12.0, -14.0
_COMMON_HANGUL = -8.6
_KANA, _HALF_WIDTH_KANA, _VOICED_MARK, _FULL_WIDTH = -4.2, -4.7, -1.5, -5.0
_VOICED_MARKS, _VOICED_KANA = frozenset("ﾞﾟ"), frozenset("ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎｳ")
_MARKS = frozenset("、。「」『』・〜～（）！？…　：％＆")
_SIGNS = frozenset("♪♫★☆■□◆◇○●◎▲△▼▽→←♭♯")
_QUOTES = frozenset("’‘“”–—…«»„•№")
_LATIN_SIGNS = {"©": -4.0, "º": -5.5, "´": -6.5, "\xa0": -6.5, "·": -6.5, "°": -7.0} | dict.fromkeys("ª®¡¿™", -6.0)
_QUOTE_NATS, _SIGN_NATS, _SYMBOL_NATS = -5.5, -7.0, -10.0
_WRONG_CASE, _LONELY, _ISOLATED, _ADJACENT, _WRONG_PLACE = -6.0, -7.0, -4.0, -3.0, -5.0
_WORD_BONUS_PER_CHARACTER = 2.5
_MIN_ALPHABETIC_WORD = 3
_ACCENTED = -5.0

_EMBEDDED = re.compile(r"[a-z][^\x00-\u02ff\u2000-\u206f]|[^\x00-\u02ff\u2000-\u206f][a-z]")
_TOUCHING = re.compile(r"[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")
_HARD_BEGINNING = re.compile(r"(?<![\u0400-\u04ff])[ьъыЬЪЫ]")
_WRONG_CASES = re.compile(r"(?<=[^\W\d_])(?<=[a-zß-öø-ÿа-џ])[À-ÖØ-ÞА-Я]|[А-Я]{2}[а-я]")
_QUOTE_IN_WORD = re.compile(r"(?<=[A-Za-z])[‘“”–—…«»„•№](?=[A-Za-z])")


def word_bonus(text: str) -> float:
    """Return the bonus for words of music in a text, by their length."""
    folded = text.casefold()
    found = [word for word in letters.WORDS if word in folded]
    return _WORD_BONUS_PER_CHARACTER * max((len(word) for word in found if _is_long_enough(word)), default=0)


def _is_long_enough(word: str) -> bool:
    return len(word) >= _MIN_ALPHABETIC_WORD or ord(word[0]) >= 0x2E80


def japanese(character: str, before: str, *, is_common: bool) -> float:
    """Return the logarithm of a character's probability in Japanese.

    Parameters
    ----------
    character : str
    before : str
        The character before it.
    is_common : bool
        Whether a kanji is of the first level of its character set.
    """
    code = ord(character)
    if 0x3041 <= code <= 0x30FE:
        return _KANA
    if 0xFF61 <= code <= 0xFF9F:
        is_voiced = character in _VOICED_MARKS and before in _VOICED_KANA
        return _VOICED_MARK if is_voiced else _HALF_WIDTH_KANA
    if 0xFF01 <= code <= 0xFF5E or character in _MARKS:
        return _FULL_WIDTH
    if character in _SIGNS:
        return _SIGN_NATS
    if not 0x4E00 <= code <= 0x9FFF:
        return _RARE
    if character in letters.KANJI:
        return _FREQUENT
    return _COMMON if is_common else _RARE


def chinese(character: str, is_common: bool, frequent: frozenset[str]) -> float:
    """Return the logarithm of a character's probability in Chinese.

    Parameters
    ----------
    character : str
    is_common : bool
        Whether it is among the common characters, the first level of its character set.
    frequent : frozenset of str
        The most frequent characters.
    """
    code = ord(character)
    if 0x4E00 <= code <= 0x9FFF:
        return _FREQUENT if character in frequent else _COMMON if is_common else _RARE
    if 0xFF01 <= code <= 0xFF5E or character in _MARKS:
        return _SIGN_NATS
    return _ALIEN


def korean(character: str, is_common: bool) -> float:
    """Return the logarithm of a character's probability in Korean; `is_common` is whether KS X 1001 has it."""
    if 0xAC00 <= ord(character) <= 0xD7A3:
        return _FREQUENT if character in letters.HANGUL else _COMMON_HANGUL if is_common else _ALIEN
    return _RARE


def embedded(text: str) -> float:
    """Return the penalty for East Asian characters within words of small ASCII letters."""
    return _WRONG_PLACE * len(_EMBEDDED.findall(text))


def cyrillic(text: str) -> float:
    """Return the logarithm of the probability of a text in Cyrillic and ASCII letters."""
    total = _WRONG_PLACE * (len(_TOUCHING.findall(text)) + len(_HARD_BEGINNING.findall(text)))
    total += _WRONG_CASE * len(_WRONG_CASES.findall(text)) + _WRONG_PLACE * len(_QUOTE_IN_WORD.findall(text))
    n_letters = 0
    for character in text:
        nats = letters.CYRILLIC_NATS.get(character.lower())
        n_letters += nats is not None
        if character.isascii():
            total += ASCII_NATS
        elif nats is not None:
            total += nats
        else:
            total += _QUOTE_NATS if character in _QUOTES else _LATIN_SIGNS.get(character, _SYMBOL_NATS)
    n_ascii = sum(character.isascii() and character.isalpha() for character in text)
    return total + (_LONELY if n_letters == 1 and n_ascii > 1 else 0.0)


def latin(text: str, regional_nats: float) -> float:
    """Return the logarithm of the probability of a text in Latin letters, some of them with accents.

    Parameters
    ----------
    text : str
    regional_nats : float
        That of the letters of Central Europe and Turkey.
    """
    total = _WRONG_PLACE * len(_QUOTE_IN_WORD.findall(text)) + _WRONG_CASE * len(_WRONG_CASES.findall(text))
    for index, character in enumerate(text):
        if character.isascii():
            total += ASCII_NATS
        elif character.isalpha() and character not in _LATIN_SIGNS:
            before = text[index - 1] if index else " "
            after = text[index + 1] if index + 1 < len(text) else " "
            total += _accented(character, before, after, regional_nats)
        elif character in _QUOTES:
            total += _QUOTE_NATS
        else:
            total += _LATIN_SIGNS.get(character, _SYMBOL_NATS)
    return total


def _accented(character: str, before: str, after: str, regional_nats: float) -> float:
    small = character.lower()
    is_common, is_regional = small in letters.LATIN_COMMON, small in letters.LATIN_REGIONAL
    nats = _ACCENTED if is_common else regional_nats if is_regional else _COMMON
    if not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha()):
        # A word of one letter is that of French, Portuguese and Polish.
        nats += _ADJACENT if small in "àéóáè" else _ISOLATED
    if before.isalpha() and not before.isascii() and not is_regional:
        nats += _ADJACENT
    return nats
