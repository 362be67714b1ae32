"""Laws of the networks: drawing is what training sees, absent roles and bars that are not there change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from gan.model import GanModel
from gan.network.batch import Conditions, MusicBatch
from gan.network.channels import channel_states, last_note_events, repeat_sources, step_positions
from gan.network.critic import N_CRITIC_BARS, interval_profile
from gan.network.dims import CHANNEL_ROLES, EVENT_VOCAB_SIZES, N_CHANNELS, N_ROLES
from gan.network.generator import log_probabilities
from gan.network.states import next_states, playing_channels
from gan.sampling.motif_lookup import trace_hints
from gan.sampling.sampler import SamplingInputs
from score.roles import ROLES, Role

BATCH, N_TRAINING_WINDOWS = 3, 4


def conditions(roles: tuple[float, ...] = (1, 1, 1, 1)) -> Conditions:
    def zeros() -> torch.Tensor:
        return torch.zeros(BATCH, dtype=torch.int64)

    return Conditions(zeros(), zeros(), zeros(), torch.zeros(BATCH, 3), torch.tensor([roles] * BATCH).float())


def plan() -> SamplingInputs:
    letters = np.array([0, 1, 0, 2])
    return SamplingInputs(
        np.stack([step_positions("4/4", 0, 2 * N_TRAINING_WINDOWS, 2 * N_TRAINING_WINDOWS)] * BATCH),
        np.stack([repeat_sources(letters, "4/4")] * BATCH),
        np.zeros((BATCH, N_CHANNELS), np.int64),
        np.zeros((BATCH, N_CHANNELS), np.int64),
    )


def drawn(models: GanModel, temperature: float, asked: Conditions) -> tuple[torch.Tensor, torch.Tensor]:
    temperatures = np.full(N_CHANNELS, temperature)
    events, states = models.speaker.draw(plan(), asked, temperatures, np.random.default_rng(1))
    return torch.from_numpy(events.copy()), torch.from_numpy(states.copy())


def heard(events: torch.Tensor, states: torch.Tensor) -> MusicBatch:
    known = plan()
    origin = torch.from_numpy(known.echoes)
    rows = torch.arange(BATCH)[:, None, None]
    last = torch.stack([torch.from_numpy(last_note_events(each.numpy())) for each in events])
    hints = trace_hints(events.numpy(), known.echoes, known.last, np.full(BATCH, 8))
    return MusicBatch(
        before=torch.cat([torch.zeros(BATCH, 1, N_CHANNELS, dtype=torch.int64), states[:, :-1]], dim=1),
        states=states,
        last=last,
        echoes=states[rows, origin.clamp_min(0)],
        echoed=events[rows, origin.clamp_min(0)],
        can_echo=origin >= 0,
        hints=torch.from_numpy(hints),
        places=torch.from_numpy(known.places),
    )


def test_what_is_drawn_without_chance_is_what_training_finds_likeliest(models: GanModel) -> None:
    asked = conditions()
    events, states = drawn(models, 0.0, asked)
    assert len(set(events[0].flatten().tolist())) > 5
    logits = models.generator(heard(events, states), asked)
    for channel, choices in enumerate(EVENT_VOCAB_SIZES):
        assert logits[channel].shape == (BATCH, 32 * N_TRAINING_WINDOWS, choices)
        assert torch.equal(logits[channel].argmax(-1), events[:, :, channel])


def test_drawing_follows_the_chances_of_training(models: GanModel) -> None:
    asked = conditions()
    events, states = drawn(models, 1.0, asked)
    chances = log_probabilities(models.generator(heard(events, states), asked), events, asked.roles)
    surprise = -chances.sum((1, 2)).mean()
    logits = [torch.log_softmax(own, -1) for own in models.generator(heard(events, states), asked)]
    entropy = sum(-(own.exp() * own).sum((1, 2)).mean() for own in logits)
    assert surprise == pytest.approx(float(entropy), rel=0.05)


def test_states_follow_events(models: GanModel) -> None:
    events, states = drawn(models, 1.0, conditions())
    assert np.array_equal(channel_states(events[0].numpy()), states[0].numpy())
    assert torch.equal(next_states(heard(events, states).before, events), states)


def test_roles_that_are_not_asked_for_are_silent_and_cost_nothing(models: GanModel) -> None:
    asked = conditions((1, 0, 1, 0))
    events, states = drawn(models, 1.0, asked)
    silent = [channel for channel, role in enumerate(CHANNEL_ROLES) if role in (Role.HARMONY, Role.DRUMS)]
    assert events[:, :, silent].abs().max() == 0
    assert (
        log_probabilities(models.generator(heard(events, states), asked), events, asked.roles)[:, :, silent] == 0
    ).all()
    assert playing_channels(asked.roles)[0].tolist() == [0, 1, 0, 0, 0, 0, 1]
    assert len(ROLES) == N_ROLES


def test_what_may_come_back_is_heard_and_made_likelier(models: GanModel) -> None:
    asked = conditions()
    events, states = drawn(models, 1.0, asked)
    music = heard(events, states)
    one = models.generator(music, asked)[6]
    without = models.generator(replace(music, can_echo=torch.zeros_like(music.can_echo)), asked)[6]
    assert torch.equal(one[:, :16], without[:, :16])
    assert not torch.allclose(one[:, 16:], without[:, 16:])
    # The weight of an echo is added to the event that was there, and to it alone.
    deaf = replace(music, echoed=torch.zeros_like(music.echoed))
    gained = one - models.generator(deaf, asked)[6]
    assert ((gained != 0).sum(-1) <= 4).all()


def test_intervals_are_weighed_from_the_last_note(models: GanModel) -> None:
    asked = conditions()
    events, states = drawn(models, 1.0, asked)
    music = heard(events, states)
    one, two = (
        models.generator(replace(music, last=torch.full_like(music.last, last)), asked)[6][0, 40] for last in (40, 43)
    )
    none = models.generator(replace(music, last=torch.zeros_like(music.last)), asked)[6][0, 40]
    assert torch.allclose((one - none)[30:50], (two - none)[33:53], atol=1e-5)
    assert (one - none)[:2].abs().max() == 0


def present(bars: int) -> torch.Tensor:
    share = torch.eye(N_CRITIC_BARS).repeat_interleave(16, 0) / 16
    share[16 * bars :] = 0
    return share.expand(BATCH, -1, -1)


def test_bars_that_are_not_there_change_no_score(models: GanModel) -> None:
    asked = conditions()
    states = drawn(models, 1.0, asked)[1]
    places = torch.from_numpy(plan().places)
    changed = states.clone()
    changed[:, 96:, 1:] = 17
    scored = [models.critic(models.critic.embed(each, places), asked, present(6)) for each in (states, changed)]
    for one, two in zip(*scored, strict=True):
        assert torch.allclose(one, two, atol=1e-6)
    assert (scored[0][0][:, 6:] == 0).all()
    whole = models.critic(models.critic.embed(changed, places), asked, present(8))[1]
    assert not torch.allclose(scored[0][1], whole)


def test_meetings_are_intervals_whatever_the_key(models: GanModel) -> None:
    _, states = drawn(models, 1.0, conditions())
    up = torch.where((states > 0) & (states < 150), states + 6, 0)
    low = torch.where((states > 0) & (states < 150), states, 0)
    assert torch.equal(interval_profile(low), interval_profile(up))
    chord = torch.zeros(1, 1, N_CHANNELS, dtype=torch.int64)
    chord[0, 0, [1, 2, 6]] = torch.tensor([1 + 2 * (36 - 21), 1 + 2 * (64 - 21), 1 + 2 * (79 - 21)])
    assert interval_profile(chord)[0, 0].nonzero()[:, 0].tolist() == [0, 4, 7, 12, 15, 19]
