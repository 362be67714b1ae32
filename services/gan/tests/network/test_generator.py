"""Generator and critic: the sampler agrees with `forward`, and absent roles and bars change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from gan.model import GanModel
from gan.network.batch import Conditions, MusicBatch, playing_channels
from gan.network.channels import channel_states, last_note_events, repeat_sources, step_positions
from gan.network.critic import interval_profile
from gan.network.dims import CHANNEL_ROLES, EVENT_VOCAB_SIZES, N_CHANNELS, N_CRITIC_BARS, N_ROLES
from gan.network.generator import log_probabilities
from gan.sampling.motif_lookup import trace_hints
from gan.sampling.sampler import SamplingInputs
from score.roles import ROLES, Role

BATCH, N_WINDOWS = 3, 4


def conditions(roles: tuple[float, ...] = (1, 1, 1, 1)) -> Conditions:
    def zeros() -> torch.Tensor:
        return torch.zeros(BATCH, dtype=torch.int64)

    return Conditions(zeros(), zeros(), zeros(), torch.zeros(BATCH, 3), torch.tensor([roles] * BATCH).float())


def sampling_inputs() -> SamplingInputs:
    labels = np.array([0, 1, 0, 2])
    return SamplingInputs(
        np.stack([step_positions("4/4", 0, 2 * N_WINDOWS, 2 * N_WINDOWS)] * BATCH),
        np.stack([repeat_sources(labels, "4/4")] * BATCH),
        np.zeros((BATCH, N_CHANNELS), np.int64),
        np.zeros((BATCH, N_CHANNELS), np.int64),
    )


def sampled(models: GanModel, temperature: float, given: Conditions) -> tuple[torch.Tensor, torch.Tensor]:
    temperatures = np.full(N_CHANNELS, temperature)
    events, states = models.sampler.sample(sampling_inputs(), given, temperatures, np.random.default_rng(1))
    return torch.from_numpy(events.copy()), torch.from_numpy(states.copy())


def music_batch(events: torch.Tensor, states: torch.Tensor) -> MusicBatch:
    known = sampling_inputs()
    repeat_steps = torch.from_numpy(known.repeat_steps)
    rows = torch.arange(BATCH)[:, None, None]
    last = torch.stack([torch.from_numpy(last_note_events(each.numpy())) for each in events])
    hints = trace_hints(events.numpy(), known.repeat_steps, known.initial_notes, np.full(BATCH, 8))
    return MusicBatch(
        previous_states=torch.cat([torch.zeros(BATCH, 1, N_CHANNELS, dtype=torch.int64), states[:, :-1]], dim=1),
        states=states,
        last_notes=last,
        repeat_states=states[rows, repeat_steps.clamp_min(0)],
        repeat_events=events[rows, repeat_steps.clamp_min(0)],
        has_repeat=repeat_steps >= 0,
        copy_hints=torch.from_numpy(hints),
        positions=torch.from_numpy(known.positions),
    )


def test_sampling_at_temperature_0_takes_the_argmax_of_forward(models: GanModel) -> None:
    given = conditions()
    events, states = sampled(models, 0.0, given)
    assert len(set(events[0].flatten().tolist())) > 5
    logits = models.generator(music_batch(events, states), given)
    for channel, choices in enumerate(EVENT_VOCAB_SIZES):
        assert logits[channel].shape == (BATCH, 32 * N_WINDOWS, choices)
        assert torch.equal(logits[channel].argmax(-1), events[:, :, channel])


def test_sampling_follows_the_probabilities_of_forward(models: GanModel) -> None:
    given = conditions()
    events, states = sampled(models, 1.0, given)
    log_probs = log_probabilities(models.generator(music_batch(events, states), given), events, given.roles)
    surprise = -log_probs.sum((1, 2)).mean()
    logits = [torch.log_softmax(own, -1) for own in models.generator(music_batch(events, states), given)]
    entropy = sum(-(own.exp() * own).sum((1, 2)).mean() for own in logits)
    assert surprise == pytest.approx(float(entropy), rel=0.05)


def test_states_follow_events(models: GanModel) -> None:
    events, states = sampled(models, 1.0, conditions())
    for row in range(BATCH):
        assert np.array_equal(channel_states(events[row].numpy()), states[row].numpy())


def test_absent_roles_are_silent_and_have_no_log_probability(models: GanModel) -> None:
    given = conditions((1, 0, 1, 0))
    events, states = sampled(models, 1.0, given)
    silent = [channel for channel, role in enumerate(CHANNEL_ROLES) if role in (Role.HARMONY, Role.DRUMS)]
    assert events[:, :, silent].abs().max() == 0
    assert (
        log_probabilities(models.generator(music_batch(events, states), given), events, given.roles)[:, :, silent] == 0
    ).all()
    assert playing_channels(given.roles)[0].tolist() == [0, 1, 0, 0, 0, 0, 1]
    assert len(ROLES) == N_ROLES


def test_repeat_sources_are_read_and_gain_logits(models: GanModel) -> None:
    given = conditions()
    events, states = sampled(models, 1.0, given)
    music = music_batch(events, states)
    one = models.generator(music, given)[6]
    without = models.generator(replace(music, has_repeat=torch.zeros_like(music.has_repeat)), given)[6]
    assert torch.equal(one[:, :16], without[:, :16])
    assert not torch.allclose(one[:, 16:], without[:, 16:])
    # The logit of a copy is added to the event at its source, and to no other.
    without_events = replace(music, repeat_events=torch.zeros_like(music.repeat_events))
    difference = one - models.generator(without_events, given)[6]
    assert ((difference != 0).sum(-1) <= 4).all()


def test_interval_logits_count_from_the_last_note(models: GanModel) -> None:
    given = conditions()
    events, states = sampled(models, 1.0, given)
    music = music_batch(events, states)
    one, two = (
        models.generator(replace(music, last_notes=torch.full_like(music.last_notes, last)), given)[6][0, 40]
        for last in (40, 43)
    )
    none = models.generator(replace(music, last_notes=torch.zeros_like(music.last_notes)), given)[6][0, 40]
    assert torch.allclose((one - none)[30:50], (two - none)[33:53], atol=1e-5)
    assert (one - none)[:2].abs().max() == 0


def present(bars: int) -> torch.Tensor:
    share = torch.eye(N_CRITIC_BARS).repeat_interleave(16, 0) / 16
    share[16 * bars :] = 0
    return share.expand(BATCH, -1, -1)


def test_bars_after_the_end_change_no_score(models: GanModel) -> None:
    given = conditions()
    states = sampled(models, 1.0, given)[1]
    positions = torch.from_numpy(sampling_inputs().positions)
    changed = states.clone()
    changed[:, 96:, 1:] = 17
    scored = [models.critic(models.critic.embed(each, positions), given, present(6)) for each in (states, changed)]
    for one, two in zip(*scored, strict=True):
        assert torch.allclose(one, two, atol=1e-6)
    assert (scored[0][0][:, 6:] == 0).all()
    passage = models.critic(models.critic.embed(changed, positions), given, present(8))[1]
    assert not torch.allclose(scored[0][1], passage)


def test_interval_profiles_are_the_same_in_every_key(models: GanModel) -> None:
    _, states = sampled(models, 1.0, conditions())
    up = torch.where((states > 0) & (states < 150), states + 6, 0)
    low = torch.where((states > 0) & (states < 150), states, 0)
    assert torch.equal(interval_profile(low), interval_profile(up))
    chord = torch.zeros(1, 1, N_CHANNELS, dtype=torch.int64)
    chord[0, 0, [1, 2, 6]] = torch.tensor([1 + 2 * (36 - 21), 1 + 2 * (64 - 21), 1 + 2 * (79 - 21)])
    assert interval_profile(chord)[0, 0].nonzero()[:, 0].tolist() == [0, 4, 7, 12, 15, 19]
