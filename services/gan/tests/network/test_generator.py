"""Laws of the networks: drawing is what training sees, absent roles and bars that are not there change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from gan.model import Models
from gan.network.batch import Conditions, MusicBatch
from gan.network.channels import echo_steps, follow, last_notes, place_steps
from gan.network.critic import BARS, meetings
from gan.network.dims import CHANNEL_COUNT, CHANNELS, CHOICES, ROLE_COUNT
from gan.network.generator import log_chances
from gan.network.states import advance, playing
from gan.sampling.motif_lookup import trace
from gan.sampling.sampler import Plan
from score.roles import ROLES, Role

BATCH, WINDOWS = 3, 4


def conditions(roles: tuple[float, ...] = (1, 1, 1, 1)) -> Conditions:
    def zeros() -> torch.Tensor:
        return torch.zeros(BATCH, dtype=torch.int64)

    return Conditions(zeros(), zeros(), zeros(), torch.zeros(BATCH, 3), torch.tensor([roles] * BATCH).float())


def plan() -> Plan:
    letters = np.array([0, 1, 0, 2])
    return Plan(
        np.stack([place_steps("4/4", 0, 2 * WINDOWS, 2 * WINDOWS)] * BATCH),
        np.stack([echo_steps(letters, "4/4")] * BATCH),
        np.zeros((BATCH, CHANNEL_COUNT), np.int64),
        np.zeros((BATCH, CHANNEL_COUNT), np.int64),
    )


def drawn(models: Models, temperature: float, asked: Conditions) -> tuple[torch.Tensor, torch.Tensor]:
    temperatures = np.full(CHANNEL_COUNT, temperature)
    events, states = models.speaker.draw(plan(), asked, temperatures, np.random.default_rng(1))
    return torch.from_numpy(events.copy()), torch.from_numpy(states.copy())


def heard(events: torch.Tensor, states: torch.Tensor) -> MusicBatch:
    known = plan()
    origin = torch.from_numpy(known.echoes)
    rows = torch.arange(BATCH)[:, None, None]
    last = torch.stack([torch.from_numpy(last_notes(each.numpy())) for each in events])
    hints = trace(events.numpy(), known.echoes, known.last, np.full(BATCH, 8))
    return MusicBatch(
        before=torch.cat([torch.zeros(BATCH, 1, CHANNEL_COUNT, dtype=torch.int64), states[:, :-1]], dim=1),
        states=states,
        last=last,
        echoes=states[rows, origin.clamp_min(0)],
        echoed=events[rows, origin.clamp_min(0)],
        can_echo=origin >= 0,
        hints=torch.from_numpy(hints),
        places=torch.from_numpy(known.places),
    )


def test_what_is_drawn_without_chance_is_what_training_finds_likeliest(models: Models) -> None:
    asked = conditions()
    events, states = drawn(models, 0.0, asked)
    assert len(set(events[0].flatten().tolist())) > 5
    logits = models.generator(heard(events, states), asked)
    for channel, choices in enumerate(CHOICES):
        assert logits[channel].shape == (BATCH, 32 * WINDOWS, choices)
        assert torch.equal(logits[channel].argmax(-1), events[:, :, channel])


def test_drawing_follows_the_chances_of_training(models: Models) -> None:
    asked = conditions()
    events, states = drawn(models, 1.0, asked)
    chances = log_chances(models.generator(heard(events, states), asked), events, asked.roles)
    surprise = -chances.sum((1, 2)).mean()
    logits = [torch.log_softmax(own, -1) for own in models.generator(heard(events, states), asked)]
    entropy = sum(-(own.exp() * own).sum((1, 2)).mean() for own in logits)
    assert surprise == pytest.approx(float(entropy), rel=0.05)


def test_states_follow_events(models: Models) -> None:
    events, states = drawn(models, 1.0, conditions())
    assert np.array_equal(follow(events[0].numpy()), states[0].numpy())
    assert torch.equal(advance(heard(events, states).before, events), states)


def test_roles_that_are_not_asked_for_are_silent_and_cost_nothing(models: Models) -> None:
    asked = conditions((1, 0, 1, 0))
    events, states = drawn(models, 1.0, asked)
    silent = [channel for channel, role in enumerate(CHANNELS) if role in (Role.HARMONY, Role.DRUMS)]
    assert events[:, :, silent].abs().max() == 0
    assert (log_chances(models.generator(heard(events, states), asked), events, asked.roles)[:, :, silent] == 0).all()
    assert playing(asked.roles)[0].tolist() == [0, 1, 0, 0, 0, 0, 1]
    assert len(ROLES) == ROLE_COUNT


def test_what_may_come_back_is_heard_and_made_likelier(models: Models) -> None:
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


def test_intervals_are_weighed_from_the_last_note(models: Models) -> None:
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
    share = torch.eye(BARS).repeat_interleave(16, 0) / 16
    share[16 * bars :] = 0
    return share.expand(BATCH, -1, -1)


def test_bars_that_are_not_there_change_no_score(models: Models) -> None:
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


def test_meetings_are_intervals_whatever_the_key(models: Models) -> None:
    _, states = drawn(models, 1.0, conditions())
    up = torch.where((states > 0) & (states < 150), states + 6, 0)
    low = torch.where((states > 0) & (states < 150), states, 0)
    assert torch.equal(meetings(low), meetings(up))
    chord = torch.zeros(1, 1, CHANNEL_COUNT, dtype=torch.int64)
    chord[0, 0, [1, 2, 6]] = torch.tensor([1 + 2 * (36 - 21), 1 + 2 * (64 - 21), 1 + 2 * (79 - 21)])
    assert meetings(chord)[0, 0].nonzero()[:, 0].tolist() == [0, 4, 7, 12, 15, 19]
