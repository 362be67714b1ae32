"""Writes a composition down: in its key, at its tempo, with dynamics, programs and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from score import grid, midi
from score.arrays import I16
from score.encoding import STEPS_PER_BAR, event_of_pitch, fold_pitch, pitch_of_event
from score.grid import GridKey
from score.roles import Role

from gan.composer import Composition
from gan.measures.events import FIRST_NOTE
from gan.planning.generation_request import ResolvedRequest
from gan.writing.dynamics import sample_velocities

TONIC_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_TONIC_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


def key_name(tonic: int, *, is_minor: bool) -> str:
    """Name a key: "F# minor"."""
    names = MINOR_TONIC_NAMES if is_minor else TONIC_NAMES
    return f"{names[tonic]} {'minor' if is_minor else 'major'}"


def shift_from_white(tonic: int, *, is_minor: bool) -> int:
    """Return the shortest shift in semitones, -5 to 6, from C major or A minor to a key."""
    return (tonic - (9 if is_minor else 0) + 5) % 12 - 5


def signature(tonic: int, *, is_minor: bool) -> int:
    """Count a key's sharps (positive) or flats, -5 to 6."""
    major = (tonic + 3) % 12 if is_minor else tonic
    return (major * 7 + 5) % 12 - 5


def transpose(events: I16, semitones: int) -> I16:
    """Move a line of events; what would leave the grid's pitches is moved by octaves."""
    table = np.arange(90, dtype=np.int16)
    for event in range(FIRST_NOTE, 90):
        table[event] = event_of_pitch(fold_pitch(pitch_of_event(event) + semitones))
    return np.asarray(table[events], np.int16)


def write_midi(composition: Composition, brief: ResolvedRequest, digests: Mapping[str, str]) -> bytes:
    """Write a composition as a Standard MIDI File.

    Parameters
    ----------
    composition : Composition
    brief : ResolvedRequest
    digests : mapping of str to str
        The sha256 of each model's weights.
    """
    steps_per_bar = STEPS_PER_BAR[brief.meter]
    shift = shift_from_white(brief.tonic, is_minor=brief.is_minor)
    events = {
        role: values if role is Role.DRUMS else transpose(values, shift) for role, values in composition.events.items()
    }
    random = np.random.default_rng((brief.seed, 20))
    loud = sample_velocities(events, brief.style.accents, steps_per_bar, brief.energy, random)
    made = grid.from_events(brief.meter, events, velocities=loud, programs=brief.style.programs, bpm=brief.tempo_bpm)
    key = GridKey(0, signature(brief.tonic, is_minor=brief.is_minor), brief.is_minor)
    title = f"{brief.style.profile.name} in {key_name(brief.tonic, is_minor=brief.is_minor)}"
    score = grid.to_score(replace(made, keys=(key,)), title=title, provenance=_provenance(composition, brief, digests))
    return midi.write(score)


def _provenance(composition: Composition, brief: ResolvedRequest, digests: Mapping[str, str]) -> dict[str, object]:
    return {
        **brief.provenance,
        "method": "gan",
        "style": brief.style.style_id,
        "seed": brief.seed,
        "key": key_name(brief.tonic, is_minor=brief.is_minor),
        "tempo_bpm": brief.tempo_bpm,
        "meter": brief.meter,
        "bars": brief.bars,
        "valence": brief.valence,
        "energy": brief.energy,
        "density": brief.density,
        "roles": [role.value for role in brief.roles],
        "form": composition.form,
        "models": dict(digests),
    }
