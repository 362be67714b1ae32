"""Role classification: which track of a score is lead, harmony, bass or drums.

Evidence is summed per track: its name, its General MIDI program, its register and its polyphony, relative to the other
tracks of the piece. Drum parts are drums. One track is the lead and one the bass, unless names or programs clearly
indicate several; the rest is harmony.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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

    ``track`` is its index in the score, ``role`` is None if it is left out, ``confidence`` is 0 to 1.
    """

    track: int
    role: Role | None
    confidence: float


@dataclass(frozen=True, slots=True)
class TrackFeatures:
    """Features of a pitched track.

    Attributes
    ----------
    pitch : float
        Median MIDI pitch.
    polyphony : float
        Share of notes that begin while another note of the track sounds, 0 to 1; an overlap of up to a sixteenth does
        not count.
    """

    pitch: float
    polyphony: float

    @property
    def is_monophonic(self) -> bool:
        """Whether the track plays one note at a time.

        Examples
        --------
        >>> TrackFeatures(pitch=72.0, polyphony=0.05).is_monophonic
        True
        """
        return self.polyphony < MAX_MONOPHONIC_POLYPHONY


MAX_MONOPHONIC_POLYPHONY = 0.2
CERTAIN = 1.0

# Words in track names, by role; in English, German, French, Italian and Spanish.
_LEAD_WORDS = r"melod|lead|vocal|voice|voix|singstimme|gesang|sing|canto|cantus|soprano|sopran|solo|tune|theme|treble"
_BASS_WORDS = r"bass|basso|contrab|kontrab|bajo|basse|cello|violonc|tuba|fagott|bassoon|pedal"
_HARMONY_WORDS = r"harmon|chord|pad|comp|piano|klavier|guitar|string|organ|bridge|alto|tenor|viola|rhythm|arp|keys"
_WORDS = {
    role: re.compile(words, re.IGNORECASE)
    for role, words in {Role.LEAD: _LEAD_WORDS, Role.HARMONY: _HARMONY_WORDS, Role.BASS: _BASS_WORDS}.items()
}
_ROLE_NAMES = {role.value: role for role in PITCHED_ROLES}

# Weights of the evidence in nats, set by hand and checked against the roles that the corpus gives.
_EXACT_NAME, _NAME_WORD, _PROGRAM, _REGISTER, _TEXTURE = 10.0, 4.0, 1.5, 1.2, 1.5
_SECOND_ROLE_MARGIN = 4.5
"""Evidence over harmony, in nats, from which a further track is a second lead or bass: more than register gives."""
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
    """Classify every track.

    Parameters
    ----------
    score : Score
    overrides : mapping of int to Role or None, optional
        Roles by track index that the user has set; None leaves the track out. They have confidence 1.

    Returns
    -------
    list of RoleGuess
        One for each track, in order. A track without notes has role None.

    Raises
    ------
    InvalidInput
        If an override names a track that does not exist.

    Examples
    --------
    >>> from score.model import Note
    >>> melody = Track("Melody", 73, 0, (Note(0, 480, 72, 80), Note(480, 480, 74, 80)))
    >>> kit = Track("Kit", 0, 9, (Note(0, 120, 36, 100),))
    >>> [guess.role.value for guess in assign(Score(tracks=(melody, kit)))]
    ['lead', 'drums']
    """
    overridden = dict(overrides or {})
    score = apply_drum_overrides(score, overridden)
    features = {
        index: track_features(track, score.ticks_per_quarter)
        for index, track in enumerate(score.tracks)
        if track.notes and not track.is_drum
    }
    scores = _evidence(score.tracks, features)
    guesses = _resolve(features, scores, overridden)
    return [_guess(index, track, overridden, guesses) for index, track in enumerate(score.tracks)]


def apply_drum_overrides(score: Score, overrides: Mapping[int, Role | None] | None) -> Score:
    """Return a score whose tracks are drums where a person says so, and pitched where they gave a pitched role.

    Parameters
    ----------
    score : Score
    overrides : mapping of int to Role or None
        Roles by track index that the user has set; a track that is left out stays what it is.

    Raises
    ------
    InvalidInput
        If an override names a track that does not exist.

    Examples
    --------
    >>> apply_drum_overrides(Score(tracks=(Track("Perc"),)), {0: Role.DRUMS}).tracks[0].is_drum
    True
    """
    given = {index: role is Role.DRUMS for index, role in (overrides or {}).items() if role is not None}
    _check_overrides(score, overrides or {})
    if all(score.tracks[index].is_drum == is_drum for index, is_drum in given.items()):
        return score
    tracks = tuple(replace(track, is_drum=given.get(index, track.is_drum)) for index, track in enumerate(score.tracks))
    return replace(score, tracks=tracks)


def _check_overrides(score: Score, overrides: Mapping[int, Role | None]) -> None:
    if unknown := sorted(index for index in overrides if not 0 <= index < len(score.tracks)):
        message = f"There is no track {unknown[0]}: the piece has tracks 0 to {len(score.tracks) - 1}."
        raise InvalidInput(message, track=unknown[0], tracks=len(score.tracks))


def track_features(track: Track, ticks_per_quarter: int) -> TrackFeatures:
    """Return the features of a pitched track that has notes.

    Examples
    --------
    >>> from score.model import Note
    >>> track_features(Track(notes=(Note(0, 480, 60, 80), Note(0, 480, 64, 80))), 480)
    TrackFeatures(pitch=62.0, polyphony=1.0)
    """
    table = np.array([note[:3] for note in track.notes], dtype=np.int64)
    onsets, durations = table[:, 0], table[:, 1]
    latest_end = np.maximum.accumulate(onsets + durations)
    together = (latest_end[:-1] - onsets[1:] > ticks_per_quarter // 4) | (onsets[:-1] == onsets[1:])
    polyphony = float(together.mean()) if len(together) else 0.0
    return TrackFeatures(float(np.median(table[:, 2])), polyphony)


def _guess(
    index: int, track: Track, overridden: Mapping[int, Role | None], guesses: Mapping[int, RoleGuess]
) -> RoleGuess:
    if index in overridden:
        return RoleGuess(index, overridden[index], CERTAIN)
    if track.is_drum and track.notes:
        return RoleGuess(index, Role.DRUMS, CERTAIN)
    return guesses.get(index, RoleGuess(index, None, CERTAIN))


def _evidence(tracks: Sequence[Track], features: Mapping[int, TrackFeatures]) -> dict[int, dict[Role, float]]:
    """Return the evidence for each pitched role of each track, in nats."""
    lowest = min((found.pitch for found in features.values()), default=0.0)
    highest = max((found.pitch for found in features.values()), default=0.0)
    evidence = {}
    for index, found in features.items():
        track = tracks[index]
        sums = {
            role: _name_evidence(track.name, role) + _program_evidence(track.program, role) for role in PITCHED_ROLES
        }
        sums[Role.HARMONY] += _TEXTURE * (1 if not found.is_monophonic else -1)
        has_extremes = len(features) > 1 and lowest < highest
        sums[Role.LEAD] += _REGISTER * math.tanh((found.pitch - _LEAD_PITCH) / 8) + has_extremes * (
            found.pitch == highest
        )
        sums[Role.BASS] += _REGISTER * math.tanh((_BASS_PITCH - found.pitch) / 6) + has_extremes * (
            found.pitch == lowest
        )
        evidence[index] = sums
    return evidence


def _name_evidence(name: str, role: Role) -> float:
    if _ROLE_NAMES.get(name.strip().lower()) is role:
        return _EXACT_NAME
    return _NAME_WORD if _WORDS[role].search(name) else 0.0


def _program_evidence(program: int, role: Role) -> float:
    """Return the evidence of a General MIDI program; program 0 counts for nothing, as it is also the default."""
    if program == 0:
        return 0.0
    family = pretty_midi.program_to_instrument_class(program)
    usual_role = _SINGLE_PROGRAMS.get(program) or _FAMILIES.get(family)
    return _PROGRAM_WEIGHTS[role] if usual_role is role else 0.0


def _resolve(
    features: Mapping[int, TrackFeatures],
    evidence: Mapping[int, dict[Role, float]],
    overridden: Mapping[int, Role | None],
) -> dict[int, RoleGuess]:
    """Assign the lead and the bass to the tracks with the most evidence for them, then the other tracks."""
    free = [index for index in features if index not in overridden]
    taken = {role for role in overridden.values() if role is not None}
    roles: dict[int, Role] = {}
    if Role.LEAD not in taken:
        leads = [index for index in free if _can_lead(features[index], evidence[index])]
        _pick_winner(roles, Role.LEAD, leads, evidence)
    if Role.BASS not in taken:
        basses = [index for index in free if index not in roles and _is_bass(evidence[index])]
        _pick_winner(roles, Role.BASS, basses, evidence)
    winners = set(roles)
    for index in free:
        roles.setdefault(index, _fallback_role(evidence[index]))
    return {
        index: RoleGuess(index, role, _confidence(evidence[index], role, is_winner=index in winners))
        for index, role in roles.items()
    }


def _can_lead(found: TrackFeatures, sums: Mapping[Role, float]) -> bool:
    """Return whether a track can be the lead: a line that is not clearly a bass, or chords whose name says lead."""
    if sums[Role.BASS] > sums[Role.LEAD] + _PROGRAM:
        return False
    return sums[Role.LEAD] > sums[Role.HARMONY] or (found.is_monophonic and sums[Role.HARMONY] < _EXACT_NAME / 2)


def _is_bass(sums: Mapping[Role, float]) -> bool:
    return sums[Role.BASS] > max(sums[Role.HARMONY], sums[Role.LEAD])


def _pick_winner(
    roles: dict[int, Role], role: Role, candidates: Sequence[int], evidence: Mapping[int, dict[Role, float]]
) -> None:
    """Assign a role to the candidate with the most evidence for it over harmony; the first of equals."""
    if candidates:
        best = max(candidates, key=lambda index: (evidence[index][role] - evidence[index][Role.HARMONY], -index))
        roles[best] = role


def _fallback_role(sums: Mapping[Role, float]) -> Role:
    """Return harmony, or a second lead or bass where the evidence is clear."""
    role = max(PITCHED_ROLES, key=lambda candidate: sums[candidate])
    margin = sums[role] - sums[Role.HARMONY]
    return role if margin > _SECOND_ROLE_MARGIN else Role.HARMONY


def _confidence(sums: Mapping[Role, float], role: Role, *, is_winner: bool) -> float:
    """Return the softmax of the evidence, 0 to 1; for tracks that lost, lead and bass weigh less: they are taken."""
    handicap = 0.0 if is_winner else _SECOND_ROLE_MARGIN
    adjusted = {candidate: value - handicap * (candidate is not Role.HARMONY) for candidate, value in sums.items()}
    top = max(adjusted.values())
    weights = {candidate: math.exp(value - top) for candidate, value in adjusted.items()}
    return round(weights[role] / sum(weights.values()), 3)
