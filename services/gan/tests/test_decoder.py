"""The decoder's arithmetic against torch's own LSTM, and what a bias and a seed do to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from gan.decoder import Decoder
from gan.shapes import LATENT_SIZE
from score.roles import Role
from torch import Tensor, nn

MakeWeights = Callable[[Role, int], dict[str, Tensor]]


def reference(weights: dict[str, Tensor], latents: Tensor, steps: int, voices: int) -> Tensor:
    """Decode greedily with `torch.nn.LSTM`, its state split as Magenta's: c, h of one layer, then of the other."""
    depth = len(weights["output.bias"])
    units = weights["output.weight"].shape[1]
    lstm = nn.LSTM(depth + LATENT_SIZE, units, num_layers=2, batch_first=True)
    lstm.load_state_dict({name.removeprefix("decoder."): value for name, value in weights.items() if "decoder" in name})
    start = torch.tanh(latents @ weights["initial_state.weight"].T + weights["initial_state.bias"])
    c_0, h_0, c_1, h_1 = start.chunk(4, dim=1)
    state = (torch.stack([h_0, h_1]), torch.stack([c_0, c_1]))
    previous = torch.zeros(len(latents), depth)
    drawn = []
    for _ in range(steps):
        out, state = lstm(torch.cat([previous, latents], dim=1)[:, None], state)
        logits = (out[:, 0] @ weights["output.weight"].T + weights["output.bias"]).unflatten(1, (voices, -1))
        tokens = logits.argmax(-1)
        previous = nn.functional.one_hot(tokens, depth // voices).flatten(1).float()
        drawn.append(tokens)
    return torch.stack(drawn, dim=1)


@pytest.mark.parametrize(("role", "voices"), [(Role.LEAD, 1), (Role.HARMONY, 4), (Role.DRUMS, 1)])
def test_decodes_as_a_plain_lstm_does(make_weights: MakeWeights, role: Role, voices: int) -> None:
    weights = make_weights(role, 5)
    latents = torch.randn(6, LATENT_SIZE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = reference(weights, latents, 24, voices)
    decoded = Decoder(weights, voices).decode(latents, 24, 0.0, torch.Generator())
    assert torch.equal(decoded if voices > 1 else decoded[:, :, None], expected)
    assert len(torch.unique(expected)) > 3


def test_bias_rules_out_what_it_forbids(make_weights: MakeWeights) -> None:
    decoder = Decoder(make_weights(Role.LEAD, 5), 1)
    bias = torch.full((3, 16, 90), -100.0)
    bias[:, :, 41] = 0.0
    decoded = decoder.decode(torch.randn(3, LATENT_SIZE), 16, 0.5, torch.Generator().manual_seed(1), bias)
    assert decoded.tolist() == [[41] * 16] * 3


def test_same_seed_same_tokens_and_another_seed_others(make_weights: MakeWeights) -> None:
    decoder = Decoder(make_weights(Role.BASS, 2), 1)
    latents = torch.randn(4, LATENT_SIZE, generator=torch.Generator().manual_seed(1))
    once, again, other = (decoder.decode(latents, 32, 1.0, torch.Generator().manual_seed(seed)) for seed in (7, 7, 8))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_refuses_latents_of_another_size(make_weights: MakeWeights) -> None:
    with pytest.raises(ValueError, match="256 numbers, not 12"):
        Decoder(make_weights(Role.BASS, 2), 1).decode(torch.zeros(1, 12), 4, 0.0, torch.Generator())
