"""Windows of hybrids that are nearer to a parent than the parent's reconstruction is; there should be none.

    python -m training.evaluation.hybrid_distance --hybrids DIR [--out FILE.json]

in `services/vae`. DIR holds MIDI files and their index, ``hybrids.json``, which ``tests/bench/hybrid.py`` generates.
Windows are compared by `vae.pieces.window_distance.distance`, and by steps alone (Hamming distance).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from score import grid as grids
from score import midi, windows
from score.arrays import I16, Bool
from score.encoding import HOLD, N_VOICES, OFF
from score.grid import Grid
from score.roles import ROLES, Role
from vae.alignment.window_alignment import align
from vae.blending.blend_weights import BlendWeights, SectionWeight
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import read_midi
from vae.pieces.sections import window_labels

PARENTS = ("transposed-1", "transposed-2")
RECONSTRUCTIONS = ("reconstruction-1", "reconstruction-2")
HYBRID = "hybrid"

MEASURES = ("distance", "steps")

TOLERANCE = 1e-9
"""Differences of distances up to it are rounding."""


def blend_weights(settings: Mapping[str, Any]) -> BlendWeights:
    """Return the weights of the whole piece in a hybrid's settings; those of single roles do not move windows."""
    sections = [SectionWeight(**section) for section in settings.get("section_weights") or []]
    return BlendWeights(
        weight=settings.get("weight"),
        curve=tuple((position, weight) for position, weight in settings.get("curve") or []),
        shares=tuple(settings.get("shares") or []),
        section_weights=tuple(sections),
    ).validate(len(PARENTS))


def nearer_windows(folder: Path, entry: Mapping[str, Any]) -> dict[str, Bool]:
    """Return which windows of a hybrid are nearer to a parent than its reconstruction, by ``"<role> <measure>"``.

    Parameters
    ----------
    folder : Path
        Holds the MIDI files.
    entry : mapping
        Of the index.

    Returns
    -------
    dict of str to ndarray, shape (n_windows,), bool
        Over both parents, the windows in which the parent sounds.
    """
    files = {name: (folder / file).read_bytes() for name, file in entry["files"].items()}
    parents = [read_midi(files[name]) for name in PARENTS]
    *reconstructions, hybrid = (grids.from_score(midi.parse(files[name])) for name in (*RECONSTRUCTIONS, HYBRID))
    shares = blend_weights(entry["settings"]).mean_shares(len(parents), window_labels(parents[0].sections))
    alignment = align(parents, shares)
    found: dict[str, list[Bool]] = {}
    for sources, parent, reconstruction in zip(alignment.source_windows.T, parents, reconstructions, strict=True):
        for role, own in parent.windows.items():
            reconstructed = _cut_windows(reconstruction, role, parent.n_windows)[sources]
            blended = _cut_windows(hybrid, role, len(sources))
            is_sounding = parent.sounding_windows(role)[sources]
            for measure, is_nearer in _compare(own[sources], reconstructed, blended, role).items():
                found.setdefault(f"{role.value} {measure}", []).append(is_nearer[is_sounding])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _compare(parent: I16, reconstructed: I16, blended: I16, role: Role) -> dict[str, Bool]:
    """Return by measure which blended windows are nearer to the parent's than the reconstructed ones."""
    spec = ROLE_SPECS[role.value]
    blended_distance, least = (window_distance.distance(parent, other, spec) for other in (blended, reconstructed))
    blended_steps, least_steps = (window_distance.hamming(parent, other) for other in (blended, reconstructed))
    # The same notes are no nearer, whichever voices they were assigned to.
    differs = window_distance.note_f1(reconstructed, blended, spec, with_ends=True) < 1.0
    return {
        "distance": differs & (blended_distance < least - TOLERANCE),
        "steps": differs & (blended_steps < least_steps - TOLERANCE),
    }


def _cut_windows(grid: Grid, role: Role, n_windows: int) -> I16:
    """Return the windows of a role, cut or padded with silence to some number."""
    rest = _silent_window(role, windows.steps_per_window(grid.meter))
    silence: I16 = np.repeat(rest[None], n_windows, axis=0)
    return np.concatenate([windows.split(grid).get(role, silence[:0]), silence])[:n_windows]


def _silent_window(role: Role, n_steps: int) -> I16:
    events = np.full((n_steps, N_VOICES) if role is Role.HARMONY else n_steps, HOLD, np.int16)
    if role is not Role.DRUMS:
        events[0] = OFF
    return events


def count_nearer(hybrids: Sequence[Mapping[str, Bool]]) -> dict[str, tuple[int, int]]:
    """Count by role and measure the windows that are nearer, and all windows."""
    names = [f"{role.value} {measure}" for measure in MEASURES for role in ROLES]
    parts = {name: [nearer[name] for nearer in hybrids if name in nearer] for name in names}
    return {name: (int(sum(own.sum() for own in found)), sum(map(len, found))) for name, found in parts.items()}


def main() -> None:
    """Parse the command line, compare, print the counts and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hybrids", type=Path, required=True, help="folder with hybrids.json and MIDI files")
    parser.add_argument("--out", type=Path, help="write the counts as JSON")
    options = parser.parse_args()
    entries = json.loads((options.hybrids / "hybrids.json").read_text())
    counts = count_nearer([nearer_windows(options.hybrids, entry) for entry in entries])
    print("\n| nearer to a parent than its reconstruction | windows | of |\n|---|---|---|")
    for name, (n_nearer, n_windows) in counts.items():
        print(f"| {name} | {n_nearer} | {n_windows} |")
    if options.out:
        options.out.write_text(json.dumps({"nearer": counts}, indent=1) + "\n")


if __name__ == "__main__":
    main()
