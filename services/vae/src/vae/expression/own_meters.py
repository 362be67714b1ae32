"""A whole parent in its own meters: the way back from a grid with one meter to the meters that a piece changes between.

A grid lengthens beats and bars of other meters than its own. Where a blend is one parent, nothing has to fit another
piece, so its notes return to where they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from score.encoding import STEPS_PER_QUARTER
from score.meter_map import MeterMap
from score.model import Note, Score, Track


@dataclass(frozen=True)
class OwnMeters:
    """The meters and tempos of a parent, and its map from ticks to steps."""

    score: Score
    meter_map: MeterMap

    def restore(self, written: Score, *, keeps_tempos: bool) -> Score:
        """Return a score that was written from the grid in the parent's meters.

        Parameters
        ----------
        written : Score
        keeps_tempos : bool
            Whether the tempos are the parent's, too.
        """
        scale = written.ticks_per_quarter / self.score.ticks_per_quarter
        origin = float(self.meter_map.ticks_at(0.0))

        def own(tick: int) -> int:
            return max(round((tick - origin) * scale), 0)

        meters = {own(meter.tick): meter._replace(tick=own(meter.tick)) for meter in self.score.meters}
        tempos = {own(tempo.tick): tempo._replace(tick=own(tempo.tick)) for tempo in self.score.tempos}
        return replace(
            written,
            tracks=tuple(self._restore_track(track, written.ticks_per_quarter) for track in written.tracks),
            meters=tuple(meters.values()),
            tempos=tuple(tempos.values()) if keeps_tempos else written.tempos,
        )

    def _restore_track(self, track: Track, ticks_per_quarter: int) -> Track:
        if not track.notes:
            return track
        notes = np.array(track.notes, dtype=np.int64)
        ticks = np.stack([notes[:, 0], notes[:, 0] + notes[:, 1]], axis=1)
        origin = float(self.meter_map.ticks_at(0.0))
        own = self.meter_map.ticks_at(ticks * STEPS_PER_QUARTER / ticks_per_quarter) - origin
        own = np.maximum(np.rint(own * ticks_per_quarter / self.score.ticks_per_quarter), 0).astype(np.int64)
        restored = [
            Note(onset, max(end - onset, 1), pitch, velocity)
            for (onset, end), (pitch, velocity) in zip(own.tolist(), notes[:, 2:].tolist(), strict=True)
        ]
        return replace(track, notes=tuple(sorted(restored, key=lambda note: (note.onset_ticks, note.pitch))))


def own_meters(score: Score, meter_map: MeterMap | None) -> OwnMeters | None:
    """Return the meters of a score whose beats or bars a grid lengthens after the first bar; None for others."""
    if meter_map is None:
        return None
    lengths, steps = np.diff(meter_map.ticks), np.diff(meter_map.steps)
    is_later = meter_map.ticks[1:] > 0.5
    is_even = np.abs(steps * score.ticks_per_quarter - lengths * STEPS_PER_QUARTER) < score.ticks_per_quarter / 100
    return None if (is_even | ~is_later).all() else OwnMeters(score, meter_map)
