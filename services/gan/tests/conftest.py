"""Small models with random weights, and the training package under a name of its own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from gan.measures.ngrams import N_BUCKETS
from gan.model import GanModel
from gan.network.critic import Critic
from gan.network.dims import NetworkSizes
from gan.network.generator import NoteGenerator
from gan.planning.styles import STYLE_PROFILES, Style
from gan.ranking.memorization import LINE_ROLES, TrainingIndex
from gan.ranking.reranker import GradientBoostedTrees, NgramClassifier, Reranker
from score.roles import ROLES, Role

SERVICE = Path(__file__).parents[1]

STUMP = GradientBoostedTrees(
    feature=np.array([[0, 0, 0]]),
    threshold=np.array([[40.0, 0.0, 0.0]]),
    is_nan_left=np.array([[True, False, False]]),
    left=np.array([[1, 1, 2]]),
    right=np.array([[2, 1, 2]]),
    log_odds=np.array([[0.0, 0.0, -1.0]]),
    base=0.5,
)
"""One tree that lowers the score of more than 40 notes a bar."""

UNKNOWN_NGRAMS = dict.fromkeys(
    ROLES, NgramClassifier(np.zeros(N_BUCKETS, np.float32), np.zeros(N_BUCKETS, np.float32), 0.0)
)
"""Classifiers that know no n-gram."""


def _training_package() -> None:
    """Import ``training`` as ``gan_training``: every service with models has a folder of that name."""
    folder = SERVICE / "training"
    spec = importlib.util.spec_from_file_location(
        "gan_training", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gan_training"] = module
    spec.loader.exec_module(module)


_training_package()


@pytest.fixture(scope="session")
def styles() -> tuple[Style, ...]:
    """A style with drums in 4/4, and one without in 3/4 and 4/4."""

    def style(style_id: str, index: int, meters: dict[str, float], roles: tuple[Role, ...]) -> Style:
        return Style(
            style_id=style_id,
            index=index,
            profile=STYLE_PROFILES[style_id],
            meters=tuple(meters),
            meter_shares=tuple(meters.values()),
            roles=roles,
            tempo_bpm=(90.0, 100.0, 110.0),
            minor_share=0.2,
            accents=dict.fromkeys(ROLES, (100, 0, 60, 0) * 4),
            structures=(
                "A................B................AA.AA....B.BB....BCCCC....DDDD....C................B..C.............A...A.......A....D................",
                "A................A..A.......B.....B................AAAAA....BBBB....",
            ),
            spans=((14, 9, 12), (19, 12, 12)),
        )

    return style("funk", 0, {"4/4": 1.0}, ROLES), style("chorale", 1, {"3/4": 0.75, "4/4": 0.25}, ROLES[:3])


@pytest.fixture(scope="session")
def models(styles: tuple[Style, ...]) -> GanModel:
    """Networks with random weights: the music is noise, and all else must hold."""
    torch.manual_seed(3)
    shape = NetworkSizes(styles=2, embedding=16, units=24, voice=12, critic=8)
    generator = NoteGenerator(shape)
    for weights in generator.parameters():
        weights.data *= 2
    for weights in (generator.interval_weights, generator.copy_weights):
        weights.data.normal_()
    unknown = TrainingIndex(np.zeros(64, np.uint8), {style.style_id: dict.fromkeys(LINE_ROLES, 12) for style in styles})
    return GanModel(
        (generator, Critic(shape)),
        styles,
        unknown,
        Reranker(("lead.notes",), STUMP, UNKNOWN_NGRAMS, (1.0, 1.0)),
        {"gan": "0" * 64},
    )
