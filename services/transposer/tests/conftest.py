"""Synthetic pieces for the transposer's tests, and the training package under a unique name.

In pytest's importlib mode a test cannot import another file of its folder, so shared code is provided as fixtures.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from score.model import KeySignature, Note, Score, Track

QUARTER = 480
CADENCE = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
MINOR_CADENCE = ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7))

Make = Callable[..., Score]


def _training_package() -> None:
    """Import ``training`` as ``transposer_training``: every service that trains has a folder of that name."""
    folder = Path(__file__).parents[1] / "training"
    spec = importlib.util.spec_from_file_location(
        "transposer_training", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["transposer_training"] = module
    spec.loader.exec_module(module)


_training_package()


@pytest.fixture(scope="session")
def cadence() -> Make:
    """Build I-IV-V-I over its roots on a tonic (a MIDI pitch), major or minor, with or without drums."""

    def build(
        tonic: int = 60, *, is_minor: bool = False, keys: Sequence[KeySignature] = (), drums: bool = True
    ) -> Score:
        chords = MINOR_CADENCE if is_minor else CADENCE
        beats = [(2 * QUARTER * index, chord) for index, chord in enumerate(chords)]
        notes = [Note(onset, 2 * QUARTER, tonic + degree, 80) for onset, chord in beats for degree in chord]
        roots = [Note(onset, 2 * QUARTER, tonic - 24 + chord[0], 90) for onset, chord in beats]
        tracks = [Track("Piano", 0, 0, tuple(notes)), Track("Bass", 33, 1, tuple(roots))]
        if drums:
            strokes = tuple(Note(beat * QUARTER, 60, 36 + 2 * (beat % 2), 100) for beat in range(8))
            tracks.append(Track("Kit", 0, 9, strokes))
        return Score(keys=tuple(keys), tracks=tuple(tracks))

    return build


@pytest.fixture(scope="session")
def line() -> Make:
    """Build a melody of quarter notes from MIDI pitches; the last one is a half note."""

    def build(*pitches: int, channel: int = 0) -> Score:
        notes = [Note(at * QUARTER, QUARTER, pitch, 80) for at, pitch in enumerate(pitches)]
        notes[-1] = notes[-1]._replace(duration_ticks=2 * QUARTER)
        return Score(tracks=(Track("Melody", 73, channel, tuple(notes)),))

    return build
