"""Sustain: notes of a role last as long as they sound, not only as long as their keys are held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from score.arrays import I64
from score.meter_map import MeterMap
from score.model import Score
from score.quantization import codec
from score.quantization.note_table import END, ONSET, PITCH, NoteTable
from score.quantization.role_split import RoleParts, RoleSource
from score.roles import Role

_PITCHES = 128


def sustain(parts: RoleParts, audible: Score, keys: Score, meter_map: MeterMap) -> RoleParts:
    """Return the parts with notes lengthened to the end of their sound.

    A line of single notes (lead or bass) is lengthened up to its next note.

    Parameters
    ----------
    parts : RoleParts
        With notes that end with their keys.
    audible, keys : Score
        From `score.sounding.sounding` and `keyed`.
    meter_map : MeterMap
        By which the parts were quantized.
    """
    pedalled = {
        index
        for index, (with_pedal, without) in enumerate(zip(audible.tracks, keys.tracks, strict=True))
        if with_pedal.notes != without.notes
    }
    if not pedalled:
        return parts
    tables = {index: codec.quantize(audible.tracks[index], meter_map) for index in pedalled}
    notes = dict(parts.notes)
    for role in notes.keys() - {Role.DRUMS}:
        sources = [source for source in parts.sources if source.role is role]
        notes[role] = _lengthen(role, notes[role], sources, tables)
    return RoleParts(notes, parts.sources)


def _lengthen(role: Role, notes: NoteTable, sources: Sequence[RoleSource], tables: dict[int, NoteTable]) -> NoteTable:
    """Lengthen the notes of a role, which are those of its sources one after the other."""
    lengthened = notes.copy()
    start = 0
    for source in sources:
        rows = lengthened[start : start + source.n_notes]
        if source.track in tables:
            rows[:, END] = np.maximum(rows[:, END], _sounding_ends(rows, tables[source.track]))
        start += source.n_notes
    if role is not Role.HARMONY:
        onsets = np.append(np.unique(notes[:, ONSET]), np.iinfo(np.int32).max)
        next_onsets = onsets[np.searchsorted(onsets, notes[:, END])]
        lengthened[:, END] = np.minimum(lengthened[:, END], next_onsets)
    return lengthened


def _sounding_ends(rows: NoteTable, table: NoteTable) -> NoteTable:
    """Return the last end of the notes of a track that begin with each row, 0 without one."""
    order = np.lexsort((table[:, END], _key(table)))
    keys = _key(table)[order]
    place = np.searchsorted(keys, _key(rows), side="right") - 1
    is_found = keys[np.maximum(place, 0)] == _key(rows)
    return np.where(is_found, table[order[np.maximum(place, 0)], END], 0)


def _key(table: NoteTable) -> I64:
    return table[:, ONSET].astype(np.int64) * _PITCHES + table[:, PITCH]
