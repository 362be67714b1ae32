"""Statistics of each style of the corpus, ``styles.json``: tempo, meters, mode, roles, programs and velocities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gan.network.dims import METERS
from score.encoding import STEPS_PER_BAR
from score.roles import ROLES

from .piece_windows import STYLES, PieceWindows

N_PROGRAMS = 4
"""MIDI programs listed for a role, the most frequent first."""


def describe_styles(pieces: Iterable[PieceWindows]) -> list[dict[str, Any]]:
    """Return the statistics of each style, in the order of `STYLES`; a style without pieces has only id and count."""
    by_style: dict[int, list[PieceWindows]] = defaultdict(list)
    for piece in pieces:
        by_style[piece.style].append(piece)
    return [_describe_style(name, by_style.get(index, [])) for index, name in enumerate(STYLES.values())]


def _describe_style(style_id: str, pieces: Sequence[PieceWindows]) -> dict[str, Any]:
    if not pieces:
        return {"id": style_id, "pieces": 0}
    tempos = np.array([piece.tempo_bpm for piece in pieces])
    meters = Counter(METERS[piece.meter] for piece in pieces)
    role_shares = np.mean([piece.roles for piece in pieces], axis=0)
    usual_meter = int(np.bincount([piece.meter for piece in pieces]).argmax())
    velocity_sums = np.sum([piece.velocity_sums for piece in pieces if piece.meter == usual_meter], axis=0)
    velocities = velocity_sums[:, 0] / np.maximum(velocity_sums[:, 1], 1)
    return {
        "id": style_id,
        "pieces": len(pieces),
        "credits": sorted({piece.credit for piece in pieces} - {""}),
        "windows": sum(len(piece.labels) for piece in pieces),
        "tempo_bpm": [round(float(value), 1) for value in np.percentile(tempos, (10, 50, 90))],
        "meters": dict(meters.most_common()),
        "minor_share": round(float(np.mean([piece.is_minor for piece in pieces])), 3),
        "role_shares": {role.value: round(float(share), 3) for role, share in zip(ROLES, role_shares, strict=True)},
        "programs": {role.value: _count_programs(pieces, column) for column, role in enumerate(ROLES)},
        "loudness": {
            role.value: [round(float(value)) for value in velocities[column, : STEPS_PER_BAR[METERS[usual_meter]]]]
            for column, role in enumerate(ROLES)
        },
    }


def _count_programs(pieces: Sequence[PieceWindows], column: int) -> dict[int, int]:
    counts = Counter(piece.programs[column] for piece in pieces if piece.roles[column])
    return dict(counts.most_common(N_PROGRAMS))
