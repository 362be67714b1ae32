"""Which track plays which role: lead, harmony, bass or drums.

Evidence is added up per track: its name, its General MIDI program, its register and its polyphony, relative to the
piece's other tracks. Drums are what sounds on channel 10. One track leads, one is the bass, unless names or programs
clearly say more; what remains is harmony.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pretty_midi
from servicekit.faults import InvalidInput

from score.model import Score, Track


class Role(StrEnum):
    """What a part does in a piece."""

    LEAD = "lead"
    HARMONY = "harmony"
    BASS = "bass"
    DRUMS = "drums"


ROLES: tuple[Role, ...] = (Role.LEAD, Role.HARMONY, Role.BASS, Role.DRUMS)
PITCHED_ROLES: tuple[Role, ...] = ROLES[:3]


class RoleGuess(NamedTuple):
    """The role of one track.

    ``track`` is its index in the score, ``role`` None where it is left out, ``confidence`` from 0 to 1.
    """

    track: int
    role: Role | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Features:
    """What a pitched track sounds like.

    Attributes
    ----------
    pitch : float
        Median MIDI pitch.
    polyphony : float
        Share of notes that begin while another of the track sounds (a sixteenth's overlap does not count), 0 to 1.
    sounding_ticks : int
        Total length of its notes.
    """

    pitch: float
    polyphony: float
    sounding_ticks: int

    @property
    def is_line(self) -> bool:
        """Whether the track plays one note at a time."""
        return self.polyphony < MAX_LINE_POLYPHONY


MAX_LINE_POLYPHONY = 0.2
CERTAIN = 1.0

# Words in track names, by role; the first match of the most telling list counts.
_LEAD_WORDS = r"melod|lead|vocal|voice|voix|singstimme|gesang|sing|canto|cantus|soprano|sopran|solo|tune|theme|treble"
_BASS_WORDS = r"bass|basso|contrab|kontrab|bajo|basse|cello|violonc|tuba|fagott|bassoon|pedal"
_HARMONY_WORDS = r"harmon|chord|pad|comp|piano|klavier|guitar|string|organ|bridge|alto|tenor|viola|rhythm|arp|keys"
_WORDS = {
    role: re.compile(words, re.IGNORECASE)
    for role, words in {Role.LEAD: _LEAD_WORDS, Role.HARMONY: _HARMONY_WORDS, Role.BASS: _BASS_WORDS}.items()
}
_ROLE_NAMES = {role.value: role for role in PITCHED_ROLES}

# Weights of the evidence, in nats; set by hand and checked against the corpus' own roles.
_OWN_NAME, _NAMED, _PROGRAM, _REGISTER, _TEXTURE = 10.0, 4.0, 1.5, 1.2, 1.5
_TAKEN = 4.5
_PROGRAM_WEIGHTS = {Role.LEAD: _PROGRAM, Role.HARMONY: _PROGRAM / 2, Role.BASS: _PROGRAM}
_BASS_PITCH, _LEAD_PITCH = 48.0, 64.0

_FAMILIES = {
    "Bass": Role.BASS,
    "Brass": Role.LEAD,
    "Reed": Role.LEAD,
    "Pipe": Role.LEAD,
    "Synth Lead": Role.LEAD,
    "Piano": Role.HARMONY,
    "Chromatic Percussion": Role.HARMONY,
    "Organ": Role.HARMONY,
    "Guitar": Role.HARMONY,
    "Strings": Role.HARMONY,
    "Ensemble": Role.HARMONY,
    "Synth Pad": Role.HARMONY,
}
_CONTRABASS, _TUBA, _BASSOON = 43, 58, 70
_VIOLIN, _FIDDLE, _VOICES = 40, 110, (52, 53, 54)
_SINGLE_PROGRAMS = {
    **dict.fromkeys((_CONTRABASS, _TUBA, _BASSOON), Role.BASS),
    **dict.fromkeys((_VIOLIN, _FIDDLE, *_VOICES), Role.LEAD),
}


def assign(score: Score, overrides: Mapping[int, Role | None] | None = None) -> list[RoleGuess]:
    """Give every track a role.

    Parameters
    ----------
    score : Score
    overrides : mapping, optional
        Track index to the role a person gave it, None to leave the track out. Such a role has confidence 1.

    Returns
    -------
    list of RoleGuess
        One for each track, in order. A track without notes has role None.

    Raises
    ------
    InvalidInput
        If an override names a track that is not there.
    """
    given = dict(overrides or {})
    if unknown := sorted(index for index in given if not 0 <= index < len(score.tracks)):
        message = f"There is no track {unknown[0]}: the piece has tracks 0 to {len(score.tracks) - 1}."
        raise InvalidInput(message, track=unknown[0], tracks=len(score.tracks))
    features = {
        index: describe(track, score.ticks_per_quarter)
        for index, track in enumerate(score.tracks)
        if track.notes and not track.is_drum
    }
    scores = _evidence(score.tracks, features)
    guesses = _settle(features, scores, given)
    return [_guess(index, track, given, guesses) for index, track in enumerate(score.tracks)]


def describe(track: Track, ticks_per_quarter: int) -> Features:
    """Measure a pitched track; it must have notes."""
    table = np.array([note[:3] for note in track.notes], dtype=np.int64)
    onsets, durations = table[:, 0], table[:, 1]
    latest_end = np.maximum.accumulate(onsets + durations)
    together = (latest_end[:-1] - onsets[1:] > ticks_per_quarter // 4) | (onsets[:-1] == onsets[1:])
    polyphony = float(together.mean()) if len(together) else 0.0
    return Features(float(np.median(table[:, 2])), polyphony, int(durations.sum()))


def _guess(index: int, track: Track, given: Mapping[int, Role | None], guesses: Mapping[int, RoleGuess]) -> RoleGuess:
    if index in given:
        return RoleGuess(index, given[index], CERTAIN)
    if track.is_drum and track.notes:
        return RoleGuess(index, Role.DRUMS, CERTAIN)
    return guesses.get(index, RoleGuess(index, None, CERTAIN))


def _evidence(tracks: Sequence[Track], features: Mapping[int, Features]) -> dict[int, dict[Role, float]]:
    """Add up what speaks for each role of each track, in nats."""
    lowest = min((found.pitch for found in features.values()), default=0.0)
    highest = max((found.pitch for found in features.values()), default=0.0)
    evidence = {}
    for index, found in features.items():
        track = tracks[index]
        sums = {role: _by_name(track.name, role) + _by_program(track.program, role) for role in PITCHED_ROLES}
        sums[Role.HARMONY] += _TEXTURE * (1 if not found.is_line else -1)
        is_apart = len(features) > 1 and lowest < highest
        sums[Role.LEAD] += _REGISTER * math.tanh((found.pitch - _LEAD_PITCH) / 8) + is_apart * (found.pitch == highest)
        sums[Role.BASS] += _REGISTER * math.tanh((_BASS_PITCH - found.pitch) / 6) + is_apart * (found.pitch == lowest)
        evidence[index] = sums
    return evidence


def _by_name(name: str, role: Role) -> float:
    if _ROLE_NAMES.get(name.strip().lower()) is role:
        return _OWN_NAME
    return _NAMED if _WORDS[role].search(name) else 0.0


def _by_program(program: int, role: Role) -> float:
    """What a General MIDI program speaks for; program 0 is also what a file has that says nothing."""
    if program == 0:
        return 0.0
    family = pretty_midi.program_to_instrument_class(program)
    speaks_for = _SINGLE_PROGRAMS.get(program) or _FAMILIES.get(family)
    return _PROGRAM_WEIGHTS[role] if speaks_for is role else 0.0


def _settle(
    features: Mapping[int, Features], evidence: Mapping[int, dict[Role, float]], given: Mapping[int, Role | None]
) -> dict[int, RoleGuess]:
    """Let the tracks compete: the best lead leads, the best bass is the bass, and the others follow."""
    free = [index for index in features if index not in given]
    taken = {role for role in given.values() if role is not None}
    settled: dict[int, Role] = {}
    if Role.LEAD not in taken:
        leads = [index for index in free if _may_lead(features[index], evidence[index])]
        _win(settled, Role.LEAD, leads, evidence)
    if Role.BASS not in taken:
        basses = [index for index in free if index not in settled and _is_bass(evidence[index])]
        _win(settled, Role.BASS, basses, evidence)
    winners = set(settled)
    for index in free:
        settled.setdefault(index, _follower(evidence[index]))
    return {
        index: RoleGuess(index, role, _confidence(evidence[index], role, is_winner=index in winners))
        for index, role in settled.items()
    }


def _may_lead(found: Features, sums: Mapping[Role, float]) -> bool:
    """Whether a track may be the lead: any line that is no plain bass, and chords only where they are said to lead."""
    if sums[Role.BASS] > sums[Role.LEAD] + _PROGRAM:
        return False
    return sums[Role.LEAD] > sums[Role.HARMONY] or (found.is_line and sums[Role.HARMONY] < _OWN_NAME / 2)


def _is_bass(sums: Mapping[Role, float]) -> bool:
    return sums[Role.BASS] > max(sums[Role.HARMONY], sums[Role.LEAD])


def _win(
    settled: dict[int, Role], role: Role, candidates: Sequence[int], evidence: Mapping[int, dict[Role, float]]
) -> None:
    """Give a role to the candidate whose evidence for it stands out most; the first of equals."""
    if candidates:
        best = max(candidates, key=lambda index: (evidence[index][role] - evidence[index][Role.HARMONY], -index))
        settled[best] = role


def _follower(sums: Mapping[Role, float]) -> Role:
    """Harmony, unless a second lead or bass is said by more than its register."""
    role = max(PITCHED_ROLES, key=lambda candidate: sums[candidate])
    margin = sums[role] - sums[Role.HARMONY]
    return role if margin > _TAKEN else Role.HARMONY


def _confidence(sums: Mapping[Role, float], role: Role, *, is_winner: bool) -> float:
    """Softmax of the evidence, 0 to 1; for the others it speaks less for lead and bass, which are taken."""
    handicap = 0.0 if is_winner else _TAKEN
    fair = {candidate: value - handicap * (candidate is not Role.HARMONY) for candidate, value in sums.items()}
    top = max(fair.values())
    weights = {candidate: math.exp(value - top) for candidate, value in fair.items()}
    return round(weights[role] / sum(weights.values()), 3)
