"""Small pieces made in code, and the loaded models."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score import midi
from score.grid import Grid
from score.quantization import codec
from score.roles import Role
from vae.models.model_registry import ModelRegistry

SERVICE = Path(__file__).resolve().parents[1]
MODELS = Path(os.environ.get("SEGUE_MODELS", SERVICE.parents[1] / "models"))


def _training_package() -> None:
    """Import `training` as `vae_training`: every service with models has a folder of that name."""
    folder = SERVICE / "training"
    spec = importlib.util.spec_from_file_location(
        "vae_training", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["vae_training"] = module
    spec.loader.exec_module(module)


_training_package()

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)


def tune(n_bars: int, seed: int = 0, low: int = 0) -> list[int]:
    """Return a lead of eighths in C major: 16 events a bar."""
    rng = np.random.default_rng(seed)
    events: list[int] = []
    for _ in range(n_bars * 8):
        events += [int(rng.choice(C_MAJOR)) - 19 - low, 0]
    return events


def chords(n_bars: int) -> list[list[int]]:
    """Make whole-bar chords of four voices: C, F, G, C and so on."""
    events = []
    for bar in range(n_bars):
        root = (60, 65, 67, 60)[bar % 4]
        events += [[root + above - 19 for above in (12, 7, 4, 0)], *[[0] * 4] * 15]
    return events


def beat(n_bars: int) -> list[int]:
    """Return a beat: kick on one and three, snare on two and four, hi-hat on the eighths."""
    return [5, 0, 4, 0, 6, 0, 4, 0, 5, 0, 4, 0, 6, 0, 4, 0] * n_bars


def _band(n_bars: int = 4, seed: int = 0, bpm: float = 120.0, roles: tuple[Role, ...] = tuple(Role)) -> bytes:
    """Return a MIDI file of four roles in 4/4."""
    events: Mapping[Role, list[int] | list[list[int]]] = {
        Role.LEAD: tune(n_bars, seed),
        Role.HARMONY: chords(n_bars),
        Role.BASS: tune(n_bars, seed + 100, low=24),
        Role.DRUMS: beat(n_bars),
    }
    arrays = {role: np.array(events[role], np.int16) for role in roles}
    return midi.write(grids.to_score(grids.from_events("4/4", arrays, bpm=bpm)))


def _song(form: str, n_bars: int = 8, seed: int = 0, bpm: float = 120.0) -> bytes:
    """Return a MIDI file of sections of `n_bars`, one a letter; the same letter is the same music."""
    parts = {letter: _section(ord(letter) + 1000 * seed, n_bars) for letter in form}
    arrays = {role: np.concatenate([parts[letter][role] for letter in form]) for role in Role}
    return midi.write(grids.to_score(grids.from_events("4/4", arrays, bpm=bpm)))


def _section(seed: int, n_bars: int) -> dict[Role, npt.NDArray[np.int16]]:
    """Return a section: its own notes, density, chords and beat."""
    rng = np.random.default_rng(seed)
    every = int(rng.choice((2, 4)))
    lead = np.zeros(n_bars * 16, np.int16)
    lead[::every] = rng.choice(C_MAJOR, len(lead[::every])) - 19
    harmony = np.zeros((n_bars * 16, 4), np.int16)
    harmony[::16] = rng.choice((60, 65, 67), n_bars)[:, None] - 19 + np.array([12, 7, 4, 0])
    bass = np.zeros(n_bars * 16, np.int16)
    bass[:: 2 * every] = rng.choice(C_MAJOR, len(bass[:: 2 * every])) - 19 - 24
    drums = np.tile(rng.choice((0, 1, 2, 4, 5, 256), 16), n_bars)
    drums[::16] = 1
    return {Role.LEAD: lead, Role.HARMONY: harmony, Role.BASS: bass, Role.DRUMS: drums.astype(np.int16)}


@pytest.fixture
def song() -> Callable[..., bytes]:
    """Return the function that writes MIDI files in sections: `song(form, n_bars, seed, bpm)`."""
    return _song


@pytest.fixture
def band() -> Callable[..., bytes]:
    """Return the function that writes MIDI files of a band: `band(n_bars, seed, bpm, roles)`."""
    return _band


@pytest.fixture(scope="session")
def models() -> Path:
    """Return the folder of the shipped models."""
    return MODELS


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> ModelRegistry:
    """Load the shipped models."""
    return ModelRegistry.load(MODELS, tmp_path_factory.mktemp("cache"))


Notes = Sequence[tuple[int, int, int]]
"""Onset step, end step and pitch of each note."""

_TRIADS = {"C": (60, 64, 67), "F": (60, 65, 69), "G": (59, 62, 67), "Am": (60, 64, 69)}
_ROOTS = {"C": 36, "F": 41, "G": 43, "Am": 45}


def build_grid(parts: Mapping[Role, Notes], n_bars: int, programs: Mapping[Role, int], bpm: float) -> Grid:
    """Return notes as a grid in 4/4."""
    encoded = {
        role: codec.encode(role, np.array([(*note, 80) for note in notes], np.int32), n_bars * 16)
        for role, notes in parts.items()
    }
    return grids.from_events(
        "4/4",
        {role: part.events for role, part in encoded.items()},
        velocities={role: part.velocities for role, part in encoded.items()},
        programs=programs,
        bpm=bpm,
    )


def accompaniment(progression: Sequence[str], steps: Sequence[int]) -> dict[Role, list[tuple[int, int, int]]]:
    """Return chords at some steps of each bar, and the root in the bass for the whole bar."""
    harmony, bass = [], []
    for bar, name in enumerate(progression):
        start = 16 * bar
        harmony += [(start + step, start + step + 2, pitch) for step in steps for pitch in _TRIADS[name]]
        bass.append((start, start + 16, _ROOTS[name]))
    return {Role.HARMONY: harmony, Role.BASS: bass}


@pytest.fixture(scope="session")
def march() -> Grid:
    """Return a piece of form AABA with lead, harmony and bass, piano and tuba, 120 quarter notes per minute."""
    phrase_a = [[60, 64, 67, 64], [65, 69, 72, 69], [67, 71, 74, 71], [72, 67, 64, 60]]
    phrase_b = [[69, 72, 76, 72], [65, 69, 65, 69], [67, 62, 67, 71], [67, 65, 62, 67]]
    bars = [*phrase_a, *phrase_a, *phrase_b, *phrase_a]
    lead = [
        (16 * bar + 4 * beat, 16 * bar + 4 * beat + 4, pitch)
        for bar, line in enumerate(bars)
        for beat, pitch in enumerate(line)
    ]
    progression = [*("C", "F", "G", "C") * 2, "Am", "F", "G", "G", "C", "F", "G", "C"]
    parts = {Role.LEAD: lead, **accompaniment(progression, (0, 8))}
    return build_grid(parts, 16, {Role.LEAD: 56, Role.HARMONY: 0, Role.BASS: 58}, 120.0)


@pytest.fixture(scope="session")
def ballad() -> Grid:
    """Return a piece of form ABAC with all roles, violin and organ, 96 quarter notes per minute."""
    rhythm = ((0, 6), (6, 8), (8, 12), (12, 14), (14, 16))
    phrase_a = [[76, 74, 72, 74, 76], [77, 76, 74, 72, 74], [79, 77, 76, 77, 79], [76, 74, 72, 71, 72]]
    phrase_b = [[72, 71, 69, 71, 72], [69, 71, 72, 74, 76], [74, 76, 77, 76, 74], [71, 72, 74, 72, 71]]
    phrase_c = [[81, 79, 77, 76, 77], [79, 77, 76, 74, 76], [74, 72, 71, 72, 74], [72, 74, 76, 74, 72]]
    bars = [*phrase_a, *phrase_b, *phrase_a, *phrase_c]
    lead = [
        (16 * bar + on, 16 * bar + off, pitch)
        for bar, line in enumerate(bars)
        for (on, off), pitch in zip(rhythm, line, strict=True)
    ]
    progression = [*("C", "F", "C", "C"), *("Am", "Am", "F", "G"), *("C", "F", "C", "C"), *("F", "C", "G", "C")]
    drums = [
        (16 * bar + step, 16 * bar + step + 1, pitch)
        for bar in range(16)
        for step, pitch in ((0, 36), (4, 38), (8, 36), (12, 38))
    ]
    parts = {Role.LEAD: lead, **accompaniment(progression, (4, 12)), Role.DRUMS: drums}
    return build_grid(parts, 16, {Role.LEAD: 40, Role.HARMONY: 16, Role.BASS: 33}, 96.0)
