"""Windows of hybrids that are nearer to a parent than its reconstruction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from score import grid, midi
from score.encoding import OFF, event_of_pitch
from score.roles import Role
from vae_training.evaluation import hybrid_distance  # type: ignore[import-not-found]


def midi_file(pitches: list[int]) -> bytes:
    """Return eight bars of 4/4 with one note on each quarter, the pitches in turn."""
    events = np.zeros(128, np.int16)
    events[0] = OFF
    for index, step in enumerate(range(0, 128, 4)):
        events[step] = event_of_pitch(pitches[index % len(pitches)])
    return midi.write(grid.to_score(grid.from_events("4/4", {Role.LEAD: events})))


def test_weights_of_the_whole_piece_follow_the_settings() -> None:
    settings = {"weight": 0.25, "weights": {"bass": 1.0}}
    assert hybrid_distance.blend_weights(settings).mean_shares(2).tolist() == [0.75, 0.25]
    assert hybrid_distance.blend_weights({}).mean_shares(2).tolist() == [0.5, 0.5]


def test_only_windows_nearer_than_the_reconstruction_are_counted(tmp_path: Path) -> None:
    first, second, other = [60, 62, 64, 65], [72, 74, 76, 77], [60, 62, 64, 69]
    files = {
        "transposed-1": first,
        "transposed-2": second,
        "reconstruction-1": other,
        "reconstruction-2": second,
        "hybrid": first,
    }
    for name, pitches in files.items():
        (tmp_path / f"{name}.mid").write_bytes(midi_file(pitches))
    entry = {"files": {name: f"{name}.mid" for name in files}, "settings": {"weight": 0.5}}
    nearer = hybrid_distance.nearer_windows(tmp_path, entry)
    assert hybrid_distance.count_nearer([nearer])["lead distance"] == (4, 8)
    assert hybrid_distance.count_nearer([nearer])["lead steps"] == (4, 8)
    assert hybrid_distance.count_nearer([nearer])["bass steps"] == (0, 0)
