"""Role classification: which track of a score is lead, harmony, bass or drums.

Drum parts are drums. The other tracks are gathered into parts (`score.roles.track_parts`). A small network compares the
notes of the parts (`score.roles.part_network`), and names and programs are one clue more (`score.roles.name_evidence`).
The most probable part is the lead, another one the bass; the rest is harmony. A metronome has no role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from servicekit.faults import InvalidInput

from score.model import Note, Score, Track
from score.roles.name_evidence import Evidence, exact_role, track_evidence
from score.roles.part_features import PartNotes, to_part_notes
from score.roles.part_network import classify_parts
from score.roles.role import Role, RoleGuess
from score.roles.track_parts import group_tracks, is_click, part_notes, track_features
from score.texts import display_text

_CERTAIN = 1.0
_EXACT_CONFIDENCE = 0.99
_MAX_SOLO_BASS_PITCH = 50.0
_SOLO_CONFIDENCE = 0.9
_SECOND_BASS_EVIDENCE, _MAX_SECOND_BASS_PITCH = 3.5, 55.0
"""A further track is a bass too if its name or program says so and it is low."""
_MIN_UNISON_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class _Part:
    """Tracks that play one part, their notes as such and as arrays, and the evidence of their names."""

    tracks: tuple[int, ...]
    notes: tuple[Note, ...]
    arrays: PartNotes
    evidence: Evidence
    is_free: bool
    pitch: float


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
        One for each track, in order. A track without notes, and one that is a metronome beside others, has role None.

    Raises
    ------
    InvalidInput
        If an override names a track that does not exist.

    Examples
    --------
    >>> melody = Track("Melody", 73, 0, (Note(0, 480, 72, 80), Note(480, 480, 74, 80)))
    >>> kit = Track("Kit", 0, 9, (Note(0, 120, 36, 100),))
    >>> [guess.role.value for guess in assign(Score(tracks=(melody, kit)))]
    ['lead', 'drums']
    """
    overridden = dict(overrides or {})
    score = apply_drum_overrides(score, overridden)
    guesses = [_fixed_guess(index, track, overridden) for index, track in enumerate(score.tracks)]
    pitched = {index: track for index, track in enumerate(score.tracks) if track.notes and not track.is_drum}
    playing = {
        index: track for index, track in pitched.items() if index in overridden or not is_click(track)
    } or pitched
    parts = [_part(score, tracks, overridden) for tracks in group_tracks(playing, score.ticks_per_quarter)]
    taken = {role for role in overridden.values() if role is not None}
    for part, (role, confidence) in zip(parts, _classify(score, parts, taken) if parts else [], strict=True):
        for index in part.tracks:
            if index not in overridden:
                guesses[index] = RoleGuess(index, role, round(confidence, 3))
    return guesses


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


def _fixed_guess(index: int, track: Track, overridden: Mapping[int, Role | None]) -> RoleGuess:
    """Return the guess of a track that the user has set, of drums, and of a track that plays no part."""
    if index in overridden:
        return RoleGuess(index, overridden[index], _CERTAIN)
    return RoleGuess(index, Role.DRUMS if track.is_drum and track.notes else None, _CERTAIN)


def _part(score: Score, tracks: tuple[int, ...], overridden: Mapping[int, Role | None]) -> _Part:
    notes = part_notes([score.tracks[index] for index in tracks])
    arrays = to_part_notes(notes, score.ticks_per_quarter)
    return _Part(
        tracks=tracks,
        notes=notes,
        arrays=arrays,
        evidence=track_evidence(display_text(score.tracks[tracks[0]].name), score.tracks[tracks[0]].program),
        is_free=any(index not in overridden for index in tracks),
        pitch=float(np.median(arrays.pitches)),
    )


def _classify(score: Score, parts: list[_Part], taken: set[Role]) -> list[tuple[Role, float]]:
    """Return the role of each part and its probability."""
    if len(parts) == 1:
        return [_solo_role(score, parts[0])]
    free = [part.is_free for part in parts]
    probabilities = classify_parts([part.arrays for part in parts], [part.evidence for part in parts], free)
    lead, bass = probabilities.lead.copy(), probabilities.bass.copy()
    roles = [Role.HARMONY] * len(parts)
    for role, shares in ((Role.LEAD, lead), (Role.BASS, bass)):
        if role in taken:
            shares[:] = 0.0
        else:
            _choose(roles, role, shares)
    _name_others(score, roles, parts)
    harmony = np.clip(1.0 - lead - bass, 0.0, 1.0)
    by_role = {Role.LEAD: lead, Role.BASS: bass, Role.HARMONY: harmony}
    found = []
    for index, (part, role) in enumerate(zip(parts, roles, strict=True)):
        is_named = exact_role(score.tracks[part.tracks[0]].name) is role
        probability = float(by_role[role][index])
        found.append((role, max(probability, _EXACT_CONFIDENCE) if is_named else probability))
    return _with_unisons(score, parts, found)


def _choose(roles: list[Role], role: Role, probabilities: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """Give a role to the part that most probably has it, unless it has another or none is more probable."""
    best = int(probabilities.argmax())
    if probabilities[best] > 1.0 - probabilities.sum() and roles[best] is Role.HARMONY:
        roles[best] = role


def _name_others(score: Score, roles: list[Role], parts: list[_Part]) -> None:
    """Give further parts the role that is their very name, and the bass to low ones whose name or program says so."""
    for index, part in enumerate(parts):
        named = exact_role(score.tracks[part.tracks[0]].name)
        if named is not None:
            roles[index] = named
        elif roles[index] is Role.HARMONY and part.evidence.bass >= _SECOND_BASS_EVIDENCE:
            roles[index] = Role.BASS if part.pitch <= _MAX_SECOND_BASS_PITCH else Role.HARMONY


def _solo_role(score: Score, part: _Part) -> tuple[Role, float]:
    """Return the role of the only pitched part: the lead, unless it is named a bass or is a low line over drums."""
    track = score.tracks[part.tracks[0]]
    named = exact_role(track.name)
    if named is not None:
        return named, _EXACT_CONFIDENCE
    is_line = track_features(track, score.ticks_per_quarter).is_monophonic
    has_drums = any(track.is_drum and track.notes for track in score.tracks)
    is_low = is_line and part.pitch <= _MAX_SOLO_BASS_PITCH and part.evidence.lead <= 0
    is_bass = (is_low and has_drums) or (
        part.evidence.bass >= _SECOND_BASS_EVIDENCE and part.pitch <= _MAX_SECOND_BASS_PITCH
    )
    return (Role.BASS if is_bass else Role.LEAD), _SOLO_CONFIDENCE


def _with_unisons(score: Score, parts: list[_Part], found: list[tuple[Role, float]]) -> list[tuple[Role, float]]:
    """Return the roles with the lead for parts that play the lead's very notes: they are one line in two tracks."""
    leads = [index for index, (role, _) in enumerate(found) if role is Role.LEAD]
    if len(leads) != 1:
        return found
    lead = parts[leads[0]].notes
    onsets = {(note.onset_ticks, note.pitch) for note in lead}
    for index, (part, (role, _)) in enumerate(zip(parts, found, strict=True)):
        if role is not Role.HARMONY or exact_role(score.tracks[part.tracks[0]].name) is Role.HARMONY:
            continue
        n_same = sum((note.onset_ticks, note.pitch) in onsets for note in part.notes)
        if n_same >= _MIN_UNISON_SHARE * max(len(part.notes), len(lead)):
            found[index] = found[leads[0]]
    return found
