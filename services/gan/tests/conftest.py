"""Small models with random weights, and the training package under a name of its own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from gan.decoder import Decoder
from gan.models import Models
from gan.network import Critic, Generator, LatentSpace, Shape
from gan.rests import NEVER
from gan.shapes import BEATS, CONDUCTOR_DEPTH, LATENT_SIZE, STEPS_PER_BEAT, WIDEST
from gan.style import PROFILES, Style
from score.chords import N_CHORDS
from score.roles import ROLES, Role
from torch import Tensor, nn

SERVICE = Path(__file__).parents[1]
UNITS = 24
CODE = 8


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


def decoder_weights(role: Role, seed: int) -> dict[str, Tensor]:
    """Make the tensors of a decoder as narrow as arithmetic allows, with weights large enough to vary."""
    torch.manual_seed(seed)
    depth = {Role.DRUMS: 512, Role.HARMONY: 360}.get(role, 90)
    told = depth + CONDUCTOR_DEPTH + WIDEST + (N_CHORDS if role in (Role.LEAD, Role.BASS) else 0)
    parts = {
        "initial_state": nn.Linear(LATENT_SIZE, 4 * UNITS),
        "plan": nn.Linear(LATENT_SIZE, UNITS),
        "codes": nn.Linear(UNITS, BEATS * CODE),
        "codes_line": nn.Linear(LATENT_SIZE, BEATS * CODE, bias=False),
        "score_first": nn.Linear(CODE, UNITS),
        "score_second": nn.Linear(UNITS, UNITS),
        "score": nn.Linear(UNITS, STEPS_PER_BEAT * CONDUCTOR_DEPTH),
        "decoder": nn.LSTM(told, UNITS, num_layers=2, batch_first=True),
        "output": nn.Linear(UNITS + CONDUCTOR_DEPTH, depth),
    }
    loudness = {part: 1.0 if part.startswith(("codes", "score")) else 3.0 for part in parts}
    return {
        f"{part}.{name}": loudness[part] * value
        for part, module in parts.items()
        for name, value in module.state_dict().items()
    }


@pytest.fixture(scope="session")
def make_weights() -> Callable[[Role, int], dict[str, Tensor]]:
    """Give a test `decoder_weights`."""
    return decoder_weights


@pytest.fixture(scope="session")
def styles() -> tuple[Style, ...]:
    """A style with drums in 4/4, and one without in 3/4 and 4/4."""

    def style(style_id: str, index: int, meters: dict[str, float], roles: tuple[Role, ...]) -> Style:
        return Style(
            style_id=style_id,
            index=index,
            profile=PROFILES[style_id],
            meters=tuple(meters),
            meter_shares=tuple(meters.values()),
            roles=roles,
            tempo_bpm=(90.0, 100.0, 110.0),
            minor_share=0.2,
            chromatic_share=0.02,
            accents=dict.fromkeys(ROLES, (100, 0, 60, 0) * 4),
            rests=NEVER,
        )

    return style("funk", 0, {"4/4": 1.0}, ROLES), style("chorale", 1, {"3/4": 0.75, "4/4": 0.25}, ROLES[:3])


@pytest.fixture(scope="session")
def models(styles: tuple[Style, ...]) -> Models:
    """Networks with random weights: the music is noise, and everything else must hold all the same."""
    torch.manual_seed(3)
    shape = Shape(styles=2, components=8, width=16, heads=2, layers=1)
    space = LatentSpace(8)
    space.basis.copy_(torch.linalg.qr(torch.randn(len(ROLES), LATENT_SIZE, 8)).Q)
    decoders = {
        role: Decoder(decoder_weights(role, index), 4 if role is Role.HARMONY else 1)
        for index, role in enumerate(ROLES)
    }
    return Models((Generator(shape), Critic(shape), space), decoders, styles, {"gan": "0" * 64})
