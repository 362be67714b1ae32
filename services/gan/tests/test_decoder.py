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


def reference(weights: dict[str, Tensor], latents: Tensor, chords: Tensor, events: Tensor) -> Tensor:
    """Return the logits of `torch.nn.LSTM` for events (n, steps, voices), each step told the true one before it.

    Its state is split as Magenta's: c, h of one layer, then of the other.
    """
    steps, voices = events.shape[1:]
    depth, units = len(weights["output.bias"]), weights["decoder.weight_hh_l0"].shape[1]
    lstm = nn.LSTM(weights["decoder.weight_ih_l0"].shape[1], units, num_layers=2, batch_first=True)
    lstm.load_state_dict({name.removeprefix("decoder."): value for name, value in weights.items() if "decoder" in name})

    def dense(part: str, values: Tensor) -> Tensor:
        return values @ weights[f"{part}.weight"].T + weights[f"{part}.bias"]

    c_0, h_0, c_1, h_1 = torch.tanh(dense("initial_state", latents)).chunk(4, dim=1)
    spoken = nn.functional.one_hot(events, depth // voices).flatten(2).float()
    before = nn.functional.pad(spoken[:, :-1], (0, 0, 1, 0))
    codes = dense("codes", torch.relu(dense("plan", latents))) + latents @ weights["codes_line.weight"].T
    beats = dense("score_first", codes.view(len(latents), 8, -1))
    beats = beats + dense("score_second", torch.relu(beats))
    conducted = dense("score", torch.relu(beats)).view(len(latents), 32, -1)[:, :steps]
    told = [before, conducted, torch.eye(32)[:steps].expand(len(latents), -1, -1)]
    if lstm.input_size > sum(part.shape[2] for part in told):
        told.append(nn.functional.one_hot(chords, 49).float().repeat_interleave(4, dim=1)[:, :steps])
    out, _ = lstm(torch.cat(told, dim=2), (torch.stack([h_0, h_1]), torch.stack([c_0, c_1])))
    logits: Tensor = dense("output", torch.cat([out, conducted], dim=2)).unflatten(2, (voices, -1))
    return logits


@pytest.mark.parametrize("steps", [32, 24])
@pytest.mark.parametrize(("role", "voices"), [(Role.LEAD, 1), (Role.HARMONY, 4), (Role.BASS, 1), (Role.DRUMS, 1)])
def test_computes_what_a_plain_lstm_does(make_weights: MakeWeights, role: Role, voices: int, steps: int) -> None:
    weights, random = make_weights(role, 5), torch.Generator().manual_seed(1)
    latents = torch.randn(6, LATENT_SIZE, generator=random)
    chords = torch.randint(0, 49, (6, 8), generator=random)
    logits: list[Tensor] = []

    def likeliest(values: Tensor, step: int) -> Tensor:
        assert step == len(logits)
        logits.append(values.clone())
        return values.argmax(-1)

    events = Decoder(weights, voices).run(latents, steps, chords, likeliest)
    with torch.no_grad():
        expected = reference(weights, latents, chords, events.clone())
    torch.testing.assert_close(torch.stack(logits, dim=1), expected, atol=1e-4, rtol=0)
    assert len(torch.unique(events)) > 3


def test_only_lead_and_bass_listen_to_chords(make_weights: MakeWeights) -> None:
    latents = torch.randn(6, LATENT_SIZE, generator=torch.Generator().manual_seed(1))
    for role, listens in ((Role.BASS, True), (Role.DRUMS, False)):
        decoder = Decoder(make_weights(role, 5), 1)
        one, other = (decoder.decode(latents, 32, 0.0, torch.Generator(), torch.full((6, 8), n)) for n in (1, 30))
        none = decoder.decode(latents, 32, 0.0, torch.Generator())
        assert decoder.is_told_chords is listens
        assert torch.equal(one, other) is not listens
        assert torch.equal(none, decoder.decode(latents, 32, 0.0, torch.Generator(), torch.zeros(6, 8).long()))


def test_bias_rules_out_what_it_forbids(make_weights: MakeWeights) -> None:
    decoder = Decoder(make_weights(Role.LEAD, 5), 1)
    bias = torch.full((3, 16, 90), -100.0)
    bias[:, :, 41] = 0.0
    decoded = decoder.decode(torch.randn(3, LATENT_SIZE), 16, 0.5, torch.Generator().manual_seed(1), bias=bias)
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
