"""Laws of the networks: masked roles and padded windows change nothing, letters share noise, the space is affine."""

from __future__ import annotations

from dataclasses import replace

import torch
from gan.models import Models
from gan.network import Conditions, Sequences
from gan.shapes import PROBE_SIZE, ROLE_COUNT


def conditions(batch: int, windows: int) -> Conditions:
    return Conditions(
        style=torch.zeros(batch, dtype=torch.int64),
        mode=torch.zeros(batch, dtype=torch.int64),
        meter=torch.zeros(batch, dtype=torch.int64),
        features=torch.zeros(batch, 3),
        place=torch.zeros(batch, windows, 3),
        present=torch.ones(batch, windows),
        roles=torch.ones(batch, ROLE_COUNT),
    )


def sequences(batch: int, windows: int, components: int) -> Sequences:
    random = torch.Generator().manual_seed(1)
    points = torch.randn(batch, windows, ROLE_COUNT, components, generator=random)
    return Sequences(points, torch.ones(batch, windows, ROLE_COUNT))


def test_points_and_latents_are_inverse_within_the_space(models: Models) -> None:
    points = sequences(2, 3, 8).points
    assert torch.allclose(models.space.points(models.space.latents(points)), points, atol=1e-5)


def test_the_critic_sees_no_role_that_is_missing(models: Models) -> None:
    asked = conditions(2, 4)
    asked = replace(asked, roles=torch.tensor([[1.0, 1, 1, 0], [1, 1, 1, 1]]))
    made = sequences(2, 4, 8)
    other = Sequences(made.points.clone(), made.sounding)
    other.points[:, :, 3] += 1.0
    before, after = models.critic(made, asked), models.critic(other, asked)
    assert torch.isclose(before[0], after[0])
    assert not torch.isclose(before[1], after[1], atol=1e-4)


def test_padded_windows_change_neither_score_nor_music(models: Models) -> None:
    asked, made = conditions(2, 4), sequences(2, 4, 8)
    present = torch.ones(2, 4)
    present[:, 3:] = 0
    padded = replace(asked, present=present)
    other = Sequences(made.points.clone(), made.sounding)
    other.points[:, 3:] = 9.0
    assert torch.allclose(models.critic(made, padded), models.critic(other, padded), atol=1e-5)
    noise = models.generator.draw(torch.arange(4)[None].expand(2, -1), torch.Generator().manual_seed(1))
    changed = replace(noise, phrase=torch.cat([noise.phrase[:, :3], noise.phrase[:, 3:] + 3], dim=1))
    one, two = models.generator(noise, padded), models.generator(changed, padded)
    assert torch.allclose(one[:, :3], two[:, :3], atol=1e-5)


def test_windows_of_one_letter_share_their_phrase_noise(models: Models) -> None:
    letters = torch.tensor([[0, 1, 0, 2], [0, 0, 1, 1]])
    noise = models.generator.draw(letters, torch.Generator().manual_seed(1))
    assert torch.equal(noise.phrase[0, 0], noise.phrase[0, 2])
    assert torch.equal(noise.phrase[1, 2], noise.phrase[1, 3])
    assert not torch.equal(noise.phrase[0, 0], noise.phrase[0, 1])
    assert not torch.equal(noise.phrase[0, 0], noise.phrase[1, 0])
    assert not torch.equal(noise.window[0, 0], noise.window[0, 2])


def test_the_probe_gives_presence_as_chances(models: Models) -> None:
    heard = models.critic.probe.listen(10 * sequences(2, 3, 8).points)
    assert heard.shape == (2, 3, ROLE_COUNT, PROBE_SIZE)
    assert 0 <= heard[..., :96].min() < heard[..., :96].max() <= 1
