"""Training data and pretraining: roles of real scores, windows, batches, steps, and a run that resumes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gan.network.dims import N_CHANNELS, NO_SOURCE, NetworkSizes
from gan.network.generator import log_probabilities
from gan_training.data import arrangement, dataset, piece_windows  # type: ignore[import-not-found]
from gan_training.data.corpus import Corpus, load_corpus  # type: ignore[import-not-found]
from gan_training.data.window_features import N_WINDOW_FEATURES  # type: ignore[import-not-found]
from gan_training.export import style_table  # type: ignore[import-not-found]
from gan_training.generator import adversarial, batch_sampling, likelihood  # type: ignore[import-not-found]
from gan_training.generator.training_run import TrainingConfig, TrainingRun  # type: ignore[import-not-found]
from score.encoding import OFF
from score.model import Note, Score, Track
from score.roles import Role


def notes(*rows: tuple[int, int, int]) -> tuple[Note, ...]:
    return tuple(Note(onset, duration, pitch, 90) for onset, duration, pitch in rows)


def test_the_lowest_line_of_a_piano_is_its_bass() -> None:
    bass, rest = arrangement.split_bass(
        notes((0, 480, 36), (0, 480, 60), (0, 480, 64), (240, 240, 62), (480, 480, 43), (490, 480, 59), (960, 480, 65))
    )
    assert [note.pitch for note in bass] == [36, 43]
    assert [note.pitch for note in rest] == [60, 64, 62, 59, 65]


def test_the_top_line_leaves_what_is_below_a_sustained_note() -> None:
    top, rest = arrangement.split_top(notes((0, 960, 76), (0, 480, 72), (480, 480, 70), (960, 480, 74)))
    assert [note.pitch for note in top] == [76, 74]
    assert [note.pitch for note in rest] == [72, 70]


def test_arranges_a_song_and_refuses_another_layout() -> None:
    voice = Track("Voice", 52, 0, notes((0, 480, 72)))
    staves = (Track("Piano staff1", 0, 1, notes((0, 480, 64))), Track("Piano staff2", 0, 2, notes((0, 480, 40))))
    arranged = arrangement.arrange(Score(tracks=(voice, *staves)), "lied")
    assert arranged is not None
    assert arranged.roles == (Role.LEAD, Role.HARMONY, Role.BASS)
    assert [track.notes[0].pitch for track in arranged.score.tracks] == [72, 64, 40]
    assert arrangement.arrange(Score(tracks=(voice,)), "lied") is None


@pytest.mark.parametrize(
    ("name", "key"), [("F# minor", (6, True)), ("Bb major", (10, False)), ("A dorian", (9, True)), ("", None)]
)
def test_reads_keys_of_the_index(name: str, key: tuple[int, bool] | None) -> None:
    assert arrangement.parse_key(name) == key


def test_finds_a_key_and_its_shift_to_white_keys() -> None:
    scale = notes(*((480 * i, 480, pitch) for i, pitch in enumerate((62, 64, 66, 67, 69, 71, 73, 74, 62, 69, 62))))
    assert arrangement.find_key([Track(notes=scale)]) == (2, False)
    assert [arrangement.shift_to_white(2, False), arrangement.shift_to_white(4, True)] == [-2, 5]


def test_similar_windows_share_a_label() -> None:
    one, other = np.zeros((2, 32), np.int16)
    one[::4], other[::4] = np.arange(40, 48), np.arange(60, 68)
    varied = one.copy()
    varied[28] = 70
    cut = {Role.LEAD: np.stack([one, other, varied, other])}
    assert piece_windows.label_windows(cut).tolist() == [0, 1, 0, 1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write a corpus of noise in C: two styles, twelve pieces of ten windows, the last two held out."""
    rng = np.random.default_rng(1)
    pieces, count = 12, 10
    total = pieces * count
    features = rng.random((total, 4, N_WINDOW_FEATURES)).astype(np.float16)
    features[:, :3, :96] = np.tile(dataset._IS_WHITE, 8)
    arrays: dict[str, Any] = {
        "w_sounding": np.ones((total, 4), np.bool_),
        "w_letter": np.tile(np.array([0, 1, 0, 2, 0, 1, 0, 2, 3, 3]), pieces),
        "w_heard": features,
        "w_lead": rng.integers(0, 60, (total, 32)).astype(np.int16),
        "w_bass": rng.integers(0, 40, (total, 32)).astype(np.int16),
        "w_harmony": rng.integers(0, 50, (total, 32, 4)).astype(np.int16),
        "w_drums": rng.integers(0, 512, (total, 32)).astype(np.int16),
        "w_tied_lead": np.zeros(total, np.bool_),
        "w_tied_bass": np.zeros(total, np.bool_),
        "w_tied_harmony": np.zeros((total, 4), np.bool_),
        "p_start": np.arange(pieces) * count,
        "p_count": np.full(pieces, count),
        "p_length": np.full(pieces, count),
        "p_style": np.arange(pieces) % 2,
        "p_mode": np.zeros(pieces, np.int64),
        "p_meter": np.zeros(pieces, np.int64),
        "p_tempo": np.full(pieces, 100, np.float32),
        "p_roles": np.ones((pieces, 4), np.bool_),
        "p_held_out": np.arange(pieces) > 9,
    }
    arrays["p_roles"][0, 3] = False
    np.savez(tmp_path / "windows.npz", **arrays)
    (tmp_path / "styles.json").write_text(json.dumps([{"id": "funk"}, {"id": "jazz"}]))
    return tmp_path


def passages(data: Path, n_windows: int = 4) -> dataset.PassageDataset:
    corpus = load_corpus(data)
    cut = dataset.cut_passages(corpus, n_windows)
    return dataset.PassageDataset(corpus, cut, dataset.fit_feature_scale(corpus, cut), n_windows)


def test_a_batch_has_the_music_in_channels(data: Path) -> None:
    music = passages(data)
    index = int(np.flatnonzero((music.passages.piece == 1) & (music.passages.start == 12))[0])
    batch = music.collate(np.array([index]), np.random.default_rng(1))
    corpus = music.corpus
    drums, bass = (corpus.windows[name][12:16].reshape(-1) for name in ("drums", "bass"))
    assert batch.events[0, :, 0].tolist() == drums.tolist()
    assert batch.events[0, 1:, 1].tolist() == dataset.join_windows(corpus, 1, 10, 10)[Role.BASS][65:192].tolist()
    assert (batch.events[0, :, 1] != torch.from_numpy(bass.astype(np.int64))).float().mean() < 0.1
    assert batch.music.positions[0, 0].tolist() == [0, 4, 4, 8]
    assert batch.music.previous_states[0, 0].abs().sum() > 0
    # Labels 0, 2, 0, 1 from the third window on: the third repeats the first of the passage.
    assert (batch.repeat_steps[0, :64, 0] == -1).all()
    assert batch.repeat_steps[0, 64:96, 0].tolist() == list(range(32))
    assert torch.equal(batch.music.repeat_states[0, 64:96, 0], batch.music.states[0, :32])
    assert torch.equal(batch.music.repeat_events[0, 16:, 1], batch.events[0, :-16])
    assert batch.bar_shares[0].sum(0).tolist() == pytest.approx([1.0] * 8)


def test_a_role_that_is_missing_or_dropped_is_silent(data: Path) -> None:
    music = passages(data)
    index = int(np.flatnonzero(music.passages.piece == 0)[0])
    batch = music.collate(np.array([index]), np.random.default_rng(1))
    assert batch.conditions.roles.tolist() == [[1, 1, 1, 0]]
    assert batch.events[0, :, 0].abs().sum() == 0
    dropped = music.collate(np.array([index] * 20), np.random.default_rng(1), role_dropout=0.5)
    roles = dropped.conditions.roles
    assert roles.sum(1).min() >= 1
    assert roles.sum() < 50
    silent = dropped.events[roles[:, 0] == 0][:, :, N_CHANNELS - 1]
    assert silent.numel() > 0
    assert silent.abs().sum() == 0


def test_tied_notes_have_no_second_onset() -> None:
    lead = np.zeros((2, 32), np.int16)
    lead[0, 0] = lead[1, 0] = 41
    roles = np.array([[True, False, False, False]])
    pieces = {"meter": np.array([0]), "roles": roles, "start": np.array([0]), "count": np.array([2])}
    for tied in (True, False):
        windows = {"lead": lead, "tied_lead": np.array([False, tied])}
        joined = dataset.join_windows(Corpus(windows, pieces, ["funk"]), 0, 0, 2)[Role.LEAD]
        assert np.flatnonzero(joined).tolist() == ([0] if tied else [0, 32])


def new_run(config: TrainingConfig, folder: Path) -> TrainingRun:
    """Return a run of small networks whose critic has large weights."""
    run = TrainingRun(config, NetworkSizes(2, embedding=16, units=32, voice=12, critic=8), folder, torch.device("cpu"))
    for weights in run.critic.parameters():
        weights.data *= 2
    return run


def take_steps(data: Path, out: Path, steps: int, adversarial_steps: int) -> TrainingRun:
    """Take some steps of each kind, each on a batch with its own seed."""
    config = TrainingConfig(batch_size=4, n_conditions=2, group_size=2, n_critic_warm_up_steps=1, penalty_interval=2)
    out.mkdir(exist_ok=True)
    run = new_run(config, out)
    run.resume()
    music = passages(data)
    for _ in range(steps):
        rng = np.random.default_rng(run.step)
        likelihood.mle_step(run, music.collate(rng.integers(0, 20, 4), rng))
    for _ in range(adversarial_steps):
        rng = np.random.default_rng(run.step)
        real = music.collate(rng.integers(0, 20, 4), rng)
        sampled = batch_sampling.sample_like(run, real.take(torch.tensor([0, 0, 1, 1])), run.adversarial_step)
        metrics = adversarial.critic_step(run, real, sampled) | adversarial.generator_step(run, real, sampled)
        assert all(torch.isfinite(value) for value in metrics.values())
        run.adversarial_step += 1
    run.save()
    return run


def test_a_resumed_run_continues_as_if_it_had_not_stopped(data: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    take_steps(data, tmp_path / "whole", 1, 0)
    whole = take_steps(data, tmp_path / "whole", 1, 2)
    take_steps(data, tmp_path / "parts", 2, 1)
    parts = take_steps(data, tmp_path / "parts", 0, 1)
    assert (parts.step, parts.adversarial_step) == (whole.step, whole.adversarial_step) == (4, 2)
    for name in ("average", "critic"):
        for one, other in zip(getattr(parts, name).parameters(), getattr(whole, name).parameters(), strict=True):
            assert torch.allclose(one, other, atol=1e-6)


def test_the_loss_falls_on_what_is_learned(data: Path, tmp_path: Path) -> None:
    run = new_run(TrainingConfig(batch_size=4, n_warm_up_steps=1), tmp_path)
    batch = passages(data).collate(np.arange(4), np.random.default_rng(1))
    losses = [float(likelihood.mle_step(run, batch)["cost"].detach()) for _ in range(20)]
    assert losses[-1] < 0.95 * losses[0]


def test_advantages_are_relative_to_the_group(data: Path, tmp_path: Path) -> None:
    run = new_run(TrainingConfig(n_conditions=2, group_size=2), tmp_path)
    batch = passages(data).collate(np.array([0, 0, 5, 5]), np.random.default_rng(1))
    sampled = batch_sampling.sample_like(run, batch, 1)
    advantages = adversarial.bar_advantages(run, sampled)
    assert advantages.shape == (4, 8)
    assert torch.allclose(advantages[0], -advantages[1], atol=1e-5)
    assert torch.allclose(advantages[2], -advantages[3], atol=1e-5)
    assert advantages.square().mean() == pytest.approx(1.0, abs=1e-3)


def test_what_the_critic_prefers_becomes_more_likely(data: Path, tmp_path: Path) -> None:
    config = TrainingConfig(batch_size=4, n_conditions=1, group_size=4, reward_weight=50.0, learning_rate=3e-3)
    run = new_run(config, tmp_path)
    batch = passages(data).collate(np.array([3] * 4), np.random.default_rng(1))
    sampled = batch_sampling.sample_like(run, batch, 1)
    advantages = adversarial.bar_advantages(run, sampled).mean(1)
    before = _log_probabilities(run, sampled)
    for _ in range(3):
        adversarial.generator_step(run, batch, sampled)
    gain = _log_probabilities(run, sampled) - before
    assert gain[advantages.argmax()] > gain[advantages.argmin()]


def _log_probabilities(run: TrainingRun, batch: dataset.Batch) -> torch.Tensor:
    with torch.no_grad():
        logits = run.generator.eval()(batch.music, batch.conditions)
        return log_probabilities(logits, batch.events, batch.conditions.roles).sum((1, 2))


def test_structures_of_a_style_are_those_of_training_pieces(data: Path) -> None:
    corpus = load_corpus(data)
    lead, drums = corpus.windows["lead"], corpus.windows["drums"]
    lead *= np.random.default_rng(2).random(lead.shape) < 0.5
    drums[46] = drums[41]
    drums[47, 16:] = drums[40, 16:]
    first = lead[40, :16]
    lead[42, :16] = np.where(first > OFF, first + 1, first)
    new = "." * 8
    plain = [label + new + new for label in "ABACABACDD"]
    planted = list(plain)
    planted[2] = "A" + "....A..." + new
    planted[6] = "A" + "...C...." + "...D...."
    planted[7] = "C" + new + "...B...."
    texts = [text.partition(":")[0] for text in style_table.list_structures(corpus, 0)]
    assert texts == sorted(["".join(plain)] * 4 + ["".join(planted)])


def test_finds_triads() -> None:
    def half(*voices: list[int]) -> list[list[int]]:
        """Pitches of three voices at eight steps, 0 for silence."""
        return [list(step) for step in zip(*[(voice * 8)[:8] for voice in voices], strict=True)]

    pitches = np.array(
        [
            half([50], [55], [59]),  # G major over its fifth
            half([41], [56], [0]),  # F minor without its fifth
            half([36], [43], [0]),  # no third
            half([36], [52], [55, 55, 55, 55, 55, 55, 55, 57]),  # C major with a passing note
            half([36], [52], [55, 57]),  # C major or A minor
            half([0], [0], [0]),
        ]
    ).reshape(48, 3)
    states = np.where(pitches > 0, 2 * (pitches - 21) + 1, 0)
    states[::8] += states[::8] > 0
    assert style_table.find_triads(states, 6).tolist() == [2 * 7, 2 * 5 + 1, NO_SOURCE, 0, NO_SOURCE, NO_SOURCE]
