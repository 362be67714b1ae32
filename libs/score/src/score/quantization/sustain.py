"""Sustain: notes of a role last as long as they sound, not only as long as their keys are held."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from score.arrays import I64
from score.meter_map import MeterMap
from score.model import Score
from score.quantization.note_table import END, ONSET, PITCH
from score.quantization.played_notes import END_OFFSET, OFFSETS_PER_STEP, PlayedTable, quantize_exactly
from score.quantization.role_split import RoleParts, RoleSource
from score.roles import Role

_PITCHES = 128


def sustain(parts: RoleParts, audible: Score, keys: Score, meter_map: MeterMap) -> RoleParts:
    """Return the parts with notes lengthened to the end of their sound.

    The steps of a line of single notes (lead or bass) last up to its next note; its exact ends are those of the sound.

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
    tables = {index: quantize_exactly(audible.tracks[index], meter_map) for index in pedalled}
    notes = dict(parts.notes)
    for role in notes.keys() - {Role.DRUMS}:
        sources = [source for source in parts.sources if source.role is role]
        notes[role] = _lengthen(role, notes[role], sources, tables)
    return RoleParts(notes, parts.sources)


def _lengthen(
    role: Role, notes: PlayedTable, sources: Sequence[RoleSource], tables: dict[int, PlayedTable]
) -> PlayedTable:
    """Lengthen the notes of a role, which are those of its sources one after the other."""
    lengthened = notes.copy()
    start = 0
    for source in sources:
        if source.track in tables:
            _take_ends(lengthened[start : start + source.n_notes], tables[source.track])
        start += source.n_notes
    if role is not Role.HARMONY:
        onsets = np.append(np.unique(notes[:, ONSET]), np.iinfo(np.int32).max)
        next_onsets = onsets[np.searchsorted(onsets, notes[:, END])]
        excess = np.maximum(lengthened[:, END] - next_onsets, 0)
        lengthened[:, END] -= excess
        lengthened[:, END_OFFSET] += excess * OFFSETS_PER_STEP
    return lengthened


def _take_ends(rows: PlayedTable, table: PlayedTable) -> None:
    """Give rows the last end of the notes of a track that begin with them, in place."""
    order = np.lexsort((table[:, END], _key(table)))
    keys = _key(table)[order]
    place = np.maximum(np.searchsorted(keys, _key(rows), side="right") - 1, 0)
    is_longer = (keys[place] == _key(rows)) & (table[order[place], END] > rows[:, END])
    columns = [END, END_OFFSET]
    rows[np.ix_(is_longer, columns)] = table[np.ix_(order[place][is_longer], columns)]


def _key(table: PlayedTable) -> I64:
    keys: I64 = table[:, ONSET].astype(np.int64) * _PITCHES + table[:, PITCH]
    return keys
