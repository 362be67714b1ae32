"""Small pieces made in code, and the loaded models."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score import midi
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
