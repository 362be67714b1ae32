"""Writes a composition as a MIDI file: in its key, at its tempo, with dynamics, programs and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from score import grid, midi
from score.arrays import I16
from score.encoding import (
    FIRST_PITCH_EVENT,
    N_PITCHED_CLASSES,
    STEPS_PER_BAR,
    event_of_pitch,
    fold_pitch,
    pitch_of_event,
)
from score.grid import GridKey
from score.keys import key_name, semitones_from_c, signature_of_key
from score.roles import Role

from gan.composer import Composition
from gan.planning.generation_request import ResolvedRequest
from gan.writing.dynamics import sample_velocities


def transpose(events: I16, semitones: int) -> I16:
    """Transpose events; pitches that would leave the grid's range move by octaves."""
    table = np.arange(N_PITCHED_CLASSES, dtype=np.int16)
    for event in range(FIRST_PITCH_EVENT, N_PITCHED_CLASSES):
        table[event] = event_of_pitch(fold_pitch(pitch_of_event(event) + semitones))
    return np.asarray(table[events], np.int16)


def write_midi(composition: Composition, request: ResolvedRequest, digests: Mapping[str, str]) -> bytes:
    """Return a composition as a Standard MIDI File.

    Parameters
    ----------
    composition : Composition
    request : ResolvedRequest
        What it was composed from.
    digests : mapping of str to str
        The sha256 of each model's weights, by name.
    """
    semitones = semitones_from_c(request.tonic, is_minor=request.is_minor)
    events = {
        role: values if role is Role.DRUMS else transpose(values, semitones)
        for role, values in composition.events.items()
    }
    style, random = request.style, np.random.default_rng((request.seed, 20))
    velocities = sample_velocities(events, style.accents, STEPS_PER_BAR[request.meter], request.energy, random)
    in_key = grid.from_events(
        request.meter, events, velocities=velocities, programs=style.programs, bpm=request.tempo_bpm
    )
    key = GridKey(0, signature_of_key(request.tonic, is_minor=request.is_minor), request.is_minor)
    title = f"{style.profile.name} in {key_name(request.tonic, is_minor=request.is_minor)}"
    provenance = _provenance(composition, request, digests)
    return midi.write(grid.to_score(replace(in_key, keys=(key,)), title=title, provenance=provenance))


def _provenance(composition: Composition, request: ResolvedRequest, digests: Mapping[str, str]) -> dict[str, object]:
    """Return what is written to the file; its names are read by other programs, and stay."""
    return {
        **request.provenance,
        "method": "gan",
        "style": request.style.style_id,
        "seed": request.seed,
        "key": key_name(request.tonic, is_minor=request.is_minor),
        "tempo_bpm": request.tempo_bpm,
        "meter": request.meter,
        "bars": request.n_bars,
        "valence": request.valence,
        "energy": request.energy,
        "density": request.density,
        "roles": [role.value for role in request.roles],
        "form": composition.label_text,
        "models": dict(digests),
    }
