"""Evidence of a track's name and program for the lead and for the bass: one clue beside the music.

The evidence is a log-likelihood ratio in nats, which is added to what the network says of the notes. A name that is
exactly that of a role decides, a word for the melody nearly so; a word for a singer weighs much, an instrument's name
little, since any instrument can have the tune. The words are those of Chinese, Czech, Dutch, English, French, German,
Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish and Swedish.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pretty_midi

from score.roles.role import PITCHED_ROLES, Role

EXACT = 12.0
"""Evidence of a name that is exactly that of a role: it outweighs everything else."""


class Evidence(NamedTuple):
    """Evidence in nats that a part is the lead, and that it is the bass."""

    lead: float
    bass: float


class _Words(NamedTuple):
    """Words in track names, and their evidence."""

    pattern: re.Pattern[str]
    evidence: Evidence


def _words(evidence: Evidence, *patterns: str) -> _Words:
    return _Words(re.compile("|".join(patterns), re.IGNORECASE), evidence)


# The first that is found in a name counts: a backing vocal is no vocal, and a lead guitar is more lead than guitar.
_NAME_EVIDENCE = (
    _words(
        Evidence(-4.0, -1.0),
        r"back(?:ing|up|ground)|\bbg ?v|\bb\.? ?v(?:ox|oc|\b)|\bcho(?:ir|r|rus|eur|ro)\b|chœur|\bcoros?\b|harm(?!onic)",
        r"accomp|acomp|begleit|\bcomp(?:ing)?\b|rhythm|ritm|rythm|chord|akkord|acord|accord(?!eon|ion)|\bpads?\b|\barp",
        r"segunda voz|seconda voce|zweite stimme|2nd v|second v|counter|doubl|\becho|\bech[oó]\b|хор\b|бэк|аккомп",
        r"аккорд|подпев|コーラス|ハモ|伴奏|和声|和音|合唱|伴唱|和弦|코러스|화음|반주",
    ),
    _words(Evidence(2.0, -2.0), r"\blead (?:guitar|gtr|synth|piano|keys?|sax)"),
    _words(
        Evidence(11.0, -11.0),
        r"melod(?!ic)|mélod|\blead\b|\btune\b|\btheme\b|\btema\b|мелоди|メロディ|メロデ|主旋|旋律|멜로디|선율",
    ),
    _words(
        Evidence(4.5, -4.0),
        r"voca[lu]|\bvox\b|voice|voix|\bvoz\b|\bvoce\b|stimme|gesang|\bsing|\bzang|\bsång|zpěv|śpiew|wokal|\bvokal",
        r"\bgłos|\bcant(?:o|us|ante|ora?)\b|\bchant|soprano?\b|\bsolo|solist|treble|голос|вокал|соло|пение",
        r"ボーカル|ヴォーカル|歌|リード|人声|主唱|主音|唱|보컬|노래",
    ),
    _words(
        Evidence(-3.5, 4.5),
        r"bass(?!oon|et|o continuo)|\bbas\b|\bbass?o\b|bajo|baixo|\bbasse\b|contrab|kontrab|contreb|tuba|pedal",
        r"\bбас|контрабас|ベース|贝斯|低音|베이스",
    ),
    _words(Evidence(-0.5, 1.0), r"cello|violonc|fagott|bassoon|basson|виолонч|チェロ|大提琴|첼로"),
    _words(
        Evidence(-1.5, -1.0),
        r"piano|klavier|clavier|\bkeys?\b|keyb|teclado|tastier|guitar|gitar|guitare|chitarra|\bgtr|violão|\bstrings?\b",
        r"streicher|cordes|archi\b|cuerdas|\bcordas|orga?n|orgel|orgue|órgão|bridge|\balto\b|\btenor|viola\b|bratsche",
        r"harp|арф|фортепиано|пианино|клавиш|гитар|струн|орган|ピアノ|ギター|ストリングス|オルガン|钢琴|吉他|弦|피아노|기타",
    ),
    _words(
        Evidence(0.7, -1.0),
        r"violin|viool|geige|fl[uû]t|flöt|flaut|oboe|clarin|klarin|trump|tromp|sax|fiddle|recorder|whistle",
        r"скрипк|флейт|труб|саксоф|バイオリン|フルート|トランペット|小提琴|长笛|笛|바이올린|플루트",
    ),
)
_CLICK = re.compile(r"click|klick|metron|\bcount|клик|метроном|クリック|メトロノーム|节拍|메트로놈", re.IGNORECASE)
_NOTHING = Evidence(0.0, 0.0)

_FAMILY_EVIDENCE = {
    "Bass": Evidence(-3.0, 3.5),
    "Brass": Evidence(0.8, -0.5),
    "Reed": Evidence(0.8, -0.5),
    "Pipe": Evidence(1.0, -2.0),
    "Synth Lead": Evidence(1.2, -0.5),
    "Synth Pad": Evidence(-1.5, -1.0),
    "Synth Effects": Evidence(-1.5, -1.0),
    "Guitar": Evidence(-0.3, -1.0),
    "Organ": Evidence(-0.5, -0.5),
    "Chromatic Percussion": Evidence(-0.3, -2.0),
    "Percussive": Evidence(-2.5, -1.0),
    "Sound Effects": Evidence(-3.0, -2.0),
}
_CONTRABASS, _TUBA, _BASSOON, _VIOLIN, _FIDDLE, _VOICES = 43, 58, 70, 40, 110, (52, 53, 54)
_PROGRAM_EVIDENCE = {
    **dict.fromkeys((_CONTRABASS, _TUBA), Evidence(-1.5, 2.0)),
    _BASSOON: Evidence(0.0, 0.5),
    **dict.fromkeys((_VIOLIN, _FIDDLE, *_VOICES), Evidence(0.8, -1.5)),
}


def exact_role(name: str) -> Role | None:
    """Return the pitched role that a name is exactly, as Segue and other programs write it.

    Examples
    --------
    >>> exact_role("Lead"), exact_role("Lead Guitar")
    (<Role.LEAD: 'lead'>, None)
    """
    text = name.strip().lower()
    return next((role for role in PITCHED_ROLES if role.value == text), None)


def is_click_name(name: str) -> bool:
    """Return whether a name is that of a metronome."""
    return bool(_CLICK.search(name))


def track_evidence(name: str, program: int) -> Evidence:
    """Return the evidence of a name and a program; program 0 counts for nothing, as it is also the default.

    Examples
    --------
    >>> track_evidence("Voz", 0), track_evidence("Backing Vocals", 0).lead, track_evidence("", 33).bass
    (Evidence(lead=4.5, bass=-4.0), -4.0, 3.5)
    """
    role = exact_role(name)
    if role is not None:
        return Evidence(EXACT if role is Role.LEAD else -EXACT, EXACT if role is Role.BASS else -EXACT)
    of_name = next((words.evidence for words in _NAME_EVIDENCE if words.pattern.search(name)), _NOTHING)
    of_program = _program_evidence(program)
    return Evidence(of_name.lead + of_program.lead, of_name.bass + of_program.bass)


def _program_evidence(program: int) -> Evidence:
    if program == 0:
        return _NOTHING
    family = pretty_midi.program_to_instrument_class(program)
    return _PROGRAM_EVIDENCE.get(program) or _FAMILY_EVIDENCE.get(family, _NOTHING)
