"""The MuseGAN-like baseline: its rolls, the shapes of its networks, its training step, and a run that resumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from gan_training.baseline import networks, piano_rolls, wgan  # type: ignore[import-not-found]
from gan_training.data.corpus import Corpus  # type: ignore[import-not-found]
from gan_training.evaluation import pieces  # type: ignore[import-not-found]
from score.encoding import HOLD, OFF, event_of_pitch
from score.roles import ROLES, Role

C4, E4, G4, B6, C7 = (event_of_pitch(pitch) for pitch in (60, 64, 67, 95, 96))
SMALL = wgan.BaselineConfig(batch_size=4, n_critic_steps=2, width=8)


def corpus(counts: Sequence[int], held_out: Sequence[bool], meter: Sequence[int]) -> Corpus:
    """Return pieces of some windows, each of its own style: a held C4, E4 over it, a kick on the beat."""
    total = sum(counts)
    windows = {
        role.value: np.zeros((total, 32, 4) if role is Role.HARMONY else (total, 32), np.int16) for role in ROLES
    }
    windows["lead"][:, 0] = C4
    windows["harmony"][:, 0, :2] = E4, C4
    windows["harmony"][:, 0, 2:] = OFF
    windows["bass"][:, 0], windows["bass"][:, 4] = OFF, C7
    windows["drums"][:, ::4] = 1
    table = {
        "start": np.concatenate(([0], np.cumsum(counts)[:-1])),
        "count": np.array(counts),
        "style": np.arange(len(counts)),
        "mode": np.zeros(len(counts), np.int64),
        "meter": np.array(meter),
        "roles": np.ones((len(counts), 4), np.bool_),
        "held_out": np.array(held_out),
        "synthetic": np.zeros(len(counts), np.bool_),
    }
    return Corpus(windows, table, ["funk", "jazz", "waltz", "pop"][: len(counts)])


@pytest.fixture
def phrases() -> piano_rolls.PhraseDataset:
    return piano_rolls.PhraseDataset(corpus((6, 4), (False, False), (0, 0)), ["funk", "jazz"])


def test_windows_become_rolls_and_what_is_too_high_comes_down_an_octave() -> None:
    pitched, drums = piano_rolls.encode_windows(corpus((1,), (False,), (0,)), np.array([0]))
    assert (pitched.shape, drums.shape) == ((1, 32, 72, 3), (1, 32, 9, 1))
    lead, harmony, bass = (pitched[0, ..., column] for column in range(3))
    assert lead[:, 36].tolist() == [1] * 32
    assert (lead.sum(), harmony.sum(1).tolist()) == (32, [2] * 32)
    assert harmony[:, [36, 40]].all()
    assert np.flatnonzero(bass.any(0)).tolist() == [60]
    assert bass[:, 60].tolist() == [0] * 4 + [1] * 28
    assert np.argwhere(drums[0, ..., 0]).tolist() == [[step, 0] for step in range(0, 32, 4)]


def test_a_run_of_sounding_steps_is_one_note_and_lines_keep_their_outer_voice() -> None:
    pitched, drums = np.zeros((16, 72, 3), np.bool_), np.zeros((16, 9), np.bool_)
    pitched[2:6, 36, :] = True
    pitched[4:6, 43, :] = True
    drums[[0, 8], 0] = drums[8, 2] = True
    events = piano_rolls.decode_rolls(pitched, drums)
    holds = [HOLD] * 9
    assert events[Role.LEAD].tolist() == [OFF, HOLD, C4, HOLD, G4, HOLD, OFF, *holds]
    assert events[Role.BASS].tolist() == [OFF, HOLD, C4, HOLD, HOLD, HOLD, OFF, *holds]
    assert events[Role.HARMONY][:, 0].tolist() == [OFF, HOLD, C4, HOLD, HOLD, HOLD, OFF, *holds]
    assert events[Role.HARMONY][:, 1].tolist() == [OFF, HOLD, HOLD, HOLD, G4, HOLD, OFF, *holds]
    assert events[Role.DRUMS].tolist() == [1] + [0] * 7 + [5] + [0] * 7


def test_harmony_keeps_the_four_highest_of_a_step() -> None:
    pitched, drums = np.zeros((16, 72, 3), np.bool_), np.zeros((16, 9), np.bool_)
    pitched[:, [20, 24, 27, 30, 33], 1] = True
    first = piano_rolls.decode_rolls(pitched, drums)[Role.HARMONY][0]
    assert first.tolist() == [event_of_pitch(24 + at) for at in (33, 30, 27, 24)]


def test_rolls_come_back_as_they_were() -> None:
    pitched, drums = piano_rolls.encode_windows(corpus((1,), (False,), (0,)), np.array([0]))
    events = piano_rolls.decode_rolls(pitched[0].astype(np.bool_), drums[0, ..., 0].astype(np.bool_))
    assert (events[Role.LEAD][0], np.count_nonzero(events[Role.LEAD])) == (C4, 1)
    assert events[Role.HARMONY][0].tolist() == [E4, C4, OFF, OFF]
    assert events[Role.BASS][[0, 4]].tolist() == [OFF, B6 - 11]
    assert events[Role.DRUMS].tolist() == [1, 0, 0, 0] * 8


def test_phrases_are_of_training_music_in_four_four() -> None:
    music = corpus((6, 8, 8, 3), (False, True, False, False), (0, 0, 1, 0))
    assert piano_rolls.styles_in_meter(music) == ["funk"]
    phrases = piano_rolls.PhraseDataset(music, ["funk", "jazz"])
    assert phrases.starts.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="no phrase of 4/4 in waltz"):
        piano_rolls.PhraseDataset(music, ["waltz"])


def test_a_style_weighs_as_the_root_of_its_size(phrases: piano_rolls.PhraseDataset) -> None:
    """Three phrases of funk, one of jazz: 1.73 times as often, not three times."""
    assert phrases.weights[phrases.style == 0].sum() / phrases.weights[phrases.style == 1].sum() == pytest.approx(
        3**0.5
    )
    rolls, style = phrases.sample(5, torch.Generator().manual_seed(1))
    assert [tuple(roll.shape) for roll in rolls] == [(5, 128, 72, 3), (5, 128, 9, 1)]
    assert set(style.tolist()) <= {0, 1}


def test_layers_equal_strided_convolutions() -> None:
    """The same weights in torch's own strided convolutions give the same numbers."""
    torch.manual_seed(2)
    down, up = networks.Downsampling(3, 5, (4, 2)), networks.Upsampling(3, 5, (4, 2), is_last=True)
    x = torch.randn(2, 8, 6, 3)
    kernel = down.linear.weight.view(5, 4, 2, 3).permute(0, 3, 1, 2)
    expected = torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), kernel, down.linear.bias, (4, 2))
    assert torch.allclose(down(x), torch.nn.functional.leaky_relu(expected, 0.2).permute(0, 2, 3, 1), atol=1e-6)
    kernel = up.linear.weight.view(4, 2, 5, 3).permute(3, 2, 0, 1)
    expected = torch.nn.functional.conv_transpose2d(x.permute(0, 3, 1, 2), kernel, None, (4, 2)).permute(0, 2, 3, 1)
    assert torch.allclose(up(x) - up.linear.bias.view(1, 4, 2, 5).repeat(1, 8, 6, 1), expected, atol=1e-5)


def test_noise_is_shared_by_roles_or_their_own() -> None:
    torch.manual_seed(1)
    generator = networks.Generator(2, 8).eval()
    noise, style = networks.sample_noise(1, torch.Generator().manual_seed(1)), torch.tensor([0])
    before = generator(noise, style)
    assert [tuple(roll.shape) for roll in before] == [(1, 128, 72, 3), (1, 128, 9, 1)]

    def changed(row: int) -> list[bool]:
        other = noise.clone()
        other[:, row] += 1
        after = generator(other, style)
        lines = [after.pitched[..., column] != before.pitched[..., column] for column in range(3)]
        return [bool(line.any()) for line in [*lines, after.drums != before.drums]]

    assert changed(0) == changed(1) == [True] * 4
    assert changed(2) == changed(3) == [True, False, False, False]
    assert changed(8) == changed(9) == [False, False, False, True]


def test_both_networks_depend_on_the_style() -> None:
    torch.manual_seed(1)
    generator, critic = networks.Generator(2, 8).eval(), networks.Critic(2, 8)
    noise = networks.sample_noise(1, torch.Generator().manual_seed(1)).repeat(2, 1, 1)
    rolls = generator(noise, torch.tensor([0, 1]))
    assert (rolls.pitched[0] != rolls.pitched[1]).flatten(0, 1).any(0).tolist() == [True] * 3
    assert (rolls.drums[0] != rolls.drums[1]).any()
    same = piano_rolls.Rolls(*(roll[:1].repeat(2, 1, 1, 1) for roll in rolls))
    as_first, as_second = critic(same, torch.tensor([0, 1])).tolist()
    assert abs(as_first - as_second) > 1e-4


def test_the_critic_is_given_onsets_and_chroma() -> None:
    rolls = piano_rolls.Rolls(torch.zeros(1, 8, 72, 3), torch.zeros(1, 8, 9, 1))
    rolls.pitched[:, 2:6, 40, 1] = 1
    rolls.pitched[:, 4:6, 43, 1] = 1
    rolls.drums[:, ::4, :2] = 1
    onsets = networks.count_onsets(rolls)[0, :, 0]
    assert onsets[:, 1].tolist() == [0, 0, 1, 0, 1, 0, 0, 0]
    assert onsets[:, 3].tolist() == [2, 0, 0, 0, 2, 0, 0, 0]
    chroma = networks.beat_chroma(rolls.pitched)[0, :, :, 1]
    assert chroma[:, [4, 7]].tolist() == [[0.5, 0.0], [0.5, 0.5]]


def test_the_penalty_is_zero_for_a_gradient_of_norm_one(phrases: piano_rolls.PhraseDataset, tmp_path: Path) -> None:
    run = wgan.BaselineRun(SMALL, ["funk", "jazz"], tmp_path)
    with torch.no_grad():
        run.critic.score.weight.zero_()
        run.critic.style.weight.zero_()
    gap, penalty = wgan.critic_losses(run, phrases)
    assert float(gap.detach()) == pytest.approx(0)
    assert float(penalty.detach()) == pytest.approx(SMALL.penalty_weight)


def test_a_run_resumes_where_it_stopped(phrases: piano_rolls.PhraseDataset, tmp_path: Path) -> None:
    run = wgan.BaselineRun(SMALL, ["funk", "jazz"], tmp_path)
    for _ in range(2):
        wgan.train_step(run, phrases)
    run.save()
    again = wgan.load_run(tmp_path)
    assert (again.step, again.config, again.styles) == (2, SMALL, ["funk", "jazz"])
    assert wgan.train_step(again, phrases) == wgan.train_step(run, phrases)
    for name, value in run.generator.state_dict().items():
        assert torch.equal(again.generator.state_dict()[name], value), name


def test_trains_until_its_minutes_are_used(phrases: piano_rolls.PhraseDataset, tmp_path: Path) -> None:
    run = wgan.BaselineRun(SMALL, ["funk", "jazz"], tmp_path)
    run.elapsed_s = 59.99
    wgan.train(run, phrases, 1)
    assert run.step == 1
    assert run.elapsed_s > 60
    assert wgan.load_run(tmp_path).step == 1
    assert run.generator_optimizer.param_groups[0]["lr"] < 0.02 * SMALL.learning_rate


def test_samples_are_like_their_references(tmp_path: Path) -> None:
    run = wgan.BaselineRun(SMALL, ["funk", "jazz"], tmp_path)
    roles = (Role.HARMONY, Role.DRUMS)
    references = [
        pieces.Piece(
            style="jazz",
            is_minor=True,
            meter="4/4",
            synthetic=True,
            group=3,
            events={role: pieces.silence(role, 16 * bars) for role in roles},
        )
        for bars in (16, 8)
    ]
    generated = wgan.sample(run, references, torch.Generator().manual_seed(1))
    assert [(piece.style, piece.n_bars, piece.group, piece.roles) for piece in generated] == [
        ("jazz", 16, 3, roles),
        ("jazz", 8, 3, roles),
    ]
    again = wgan.sample(run, references, torch.Generator().manual_seed(1))
    for one, other in zip(generated, again, strict=True):
        for role in roles:
            np.testing.assert_array_equal(one.events[role], other.events[role])
