"""Tensor names: files keep the names under which the released weights were written."""

from __future__ import annotations

from pathlib import Path

import torch
from gan.network.critic import Critic
from gan.network.dims import NetworkSizes
from gan.network.generator import NoteGenerator
from safetensors import safe_open
from torch import nn

WEIGHTS = Path(__file__).parents[4] / "models/gan/weights.safetensors"
SIZES = NetworkSizes(styles=2, embedding=8, units=8, voice=8, critic=8)


def networks() -> dict[str, nn.Module]:
    return {"generator": NoteGenerator(SIZES), "critic": Critic(SIZES)}


def test_state_dicts_have_the_names_of_the_released_weights() -> None:
    with safe_open(WEIGHTS, "pt") as file:
        released = set(file.keys())
    assert {f"{part}.{name}" for part, network in networks().items() for name in network.state_dict()} == released


def test_a_state_dict_is_loaded_into_the_attributes_that_it_came_from() -> None:
    torch.manual_seed(1)
    for one, other in zip(networks().values(), networks().values(), strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
        other.load_state_dict(one.state_dict())
        for (name, a), (_, b) in zip(one.named_parameters(), other.named_parameters(), strict=True):
            assert torch.equal(a, b), name


def test_unknown_and_missing_tensors_are_refused() -> None:
    generator = NoteGenerator(SIZES)
    state = generator.state_dict()
    renamed = {"mixture" if name == "mix" else name: value for name, value in state.items()}
    found = generator.load_state_dict(renamed, strict=False)
    assert (found.missing_keys, found.unexpected_keys) == (["channel_mix"], ["mixture"])
