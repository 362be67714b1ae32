"""The training's own parts: roles out of real scores, windows, features, and a run that resumes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gan.network.dims import N_CHANNELS, NO_SOURCE, NetworkSizes
from gan_training.data import arrangement, dataset, prepare  # type: ignore[import-not-found]
from gan_training.data.window_features import N_WINDOW_FEATURES  # type: ignore[import-not-found]
from gan_training.export import model_folder  # type: ignore[import-not-found]
from gan_training.generator import train, training_run  # type: ignore[import-not-found]
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


def test_the_top_line_leaves_what_lies_under_a_held_note() -> None:
    top, rest = arrangement.split_top(notes((0, 960, 76), (0, 480, 72), (480, 480, 70), (960, 480, 74)))
    assert [note.pitch for note in top] == [76, 74]
    assert [note.pitch for note in rest] == [72, 70]


def test_arranges_a_song_and_leaves_out_what_it_does_not_know() -> None:
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


def test_finds_a_key_and_moves_it_to_the_white_ones() -> None:
    scale = notes(*((480 * i, 480, pitch) for i, pitch in enumerate((62, 64, 66, 67, 69, 71, 73, 74, 62, 69, 62))))
    assert arrangement.find_key([Track(notes=scale)]) == (2, False)
    assert [arrangement.shift_to_white(2, False), arrangement.shift_to_white(4, True)] == [-2, 5]


def test_windows_that_sound_alike_share_a_letter() -> None:
    one, other = np.zeros((2, 32), np.int16)
    one[::4], other[::4] = np.arange(40, 48), np.arange(60, 68)
    varied = one.copy()
    varied[28] = 70
    cut = {Role.LEAD: np.stack([one, other, varied, other])}
    assert prepare.find_letters(cut).tolist() == [0, 1, 0, 1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write a corpus of noise in C: two styles, twelve pieces of ten windows, the last two held out."""
    rng = np.random.default_rng(1)
    pieces, count = 12, 10
    total = pieces * count
    heard = rng.random((total, 4, N_WINDOW_FEATURES)).astype(np.float16)
    heard[:, :3, :96] = np.tile(dataset.WHITE, 8)
    arrays: dict[str, Any] = {
        "w_sounding": np.ones((total, 4), np.bool_),
        "w_letter": np.tile(np.array([0, 1, 0, 2, 0, 1, 0, 2, 3, 3]), pieces),
        "w_heard": heard,
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


def library(data: Path, windows: int = 4) -> dataset.Library:
    corpus = dataset.load_corpus(data)
    chunks = dataset.cut(corpus, windows)
    return dataset.Library(corpus, chunks, dataset.measure_features(corpus, chunks), windows)


def test_a_batch_is_the_music_laid_in_channels(data: Path) -> None:
    music = library(data)
    index = int(np.flatnonzero((music.chunks.piece == 1) & (music.chunks.start == 12))[0])
    batch = music.batch(np.array([index]), np.random.default_rng(1))
    corpus = music.corpus
    drums, bass = (corpus.windows[name][12:16].reshape(-1) for name in ("drums", "bass"))
    assert batch.events[0, :, 0].tolist() == drums.tolist()
    assert batch.events[0, 1:, 1].tolist() == dataset.events_of(corpus, 1, 10, 10)[Role.BASS][65:192].tolist()
    assert (batch.events[0, :, 1] != torch.from_numpy(bass.astype(np.int64))).float().mean() < 0.1
    assert batch.music.places[0, 0].tolist() == [0, 4, 4, 8]
    assert batch.music.before[0, 0].abs().sum() > 0
    # Letters 0, 2, 0, 1 from the third window on: the third brings back the first, as far as the stretch goes.
    assert (batch.origin[0, :64, 0] == -1).all()
    assert batch.origin[0, 64:96, 0].tolist() == list(range(32))
    assert torch.equal(batch.music.echoes[0, 64:96, 0], batch.music.states[0, :32])
    assert torch.equal(batch.music.echoed[0, 16:, 1], batch.events[0, :-16])
    assert batch.present[0].sum(0).tolist() == pytest.approx([1.0] * 8)


def test_a_role_that_is_missing_or_dropped_is_silent(data: Path) -> None:
    music = library(data)
    index = int(np.flatnonzero(music.chunks.piece == 0)[0])
    batch = music.batch(np.array([index]), np.random.default_rng(1))
    assert batch.asked.roles.tolist() == [[1, 1, 1, 0]]
    assert batch.events[0, :, 0].abs().sum() == 0
    dropped = music.batch(np.array([index] * 20), np.random.default_rng(1), drop=0.5)
    kept = dropped.asked.roles
    assert kept.sum(1).min() >= 1
    assert kept.sum() < 50
    silent = dropped.events[kept[:, 0] == 0][:, :, N_CHANNELS - 1]
    assert silent.numel() > 0
    assert silent.abs().sum() == 0


def test_notes_that_sound_over_are_not_struck_again() -> None:
    lead = np.zeros((2, 32), np.int16)
    lead[0, 0] = lead[1, 0] = 41
    roles = np.array([[True, False, False, False]])
    pieces = {"meter": np.array([0]), "roles": roles, "start": np.array([0]), "count": np.array([2])}
    for tied in (True, False):
        windows = {"lead": lead, "tied_lead": np.array([False, tied])}
        joined = dataset.events_of(dataset.Corpus(windows, pieces, ["funk"]), 0, 0, 2)[Role.LEAD]
        assert np.flatnonzero(joined).tolist() == ([0] if tied else [0, 32])


def new_run(plan: training_run.Plan, folder: Path) -> training_run.Run:
    """Make a run of small networks whose critic has opinions."""
    run = training_run.Run(
        plan, NetworkSizes(2, embedding=16, units=32, voice=12, critic=8), folder, torch.device("cpu")
    )
    for weights in run.critic.parameters():
        weights.data *= 2
    return run


def steps_of(data: Path, out: Path, steps: int, adversarial_steps: int) -> training_run.Run:
    """Take so many steps of each kind, each on a batch of its own seed."""
    plan = training_run.Plan(batch=4, conditions=2, group=2, critic_first=1, penalty_every=2)
    out.mkdir(exist_ok=True)
    run = new_run(plan, out)
    run.resume()
    music = library(data)
    for _ in range(steps):
        rng = np.random.default_rng(run.step)
        train.learn(run, music.batch(rng.integers(0, 20, 4), rng))
    for _ in range(adversarial_steps):
        rng = np.random.default_rng(run.step)
        real = music.batch(rng.integers(0, 20, 4), rng)
        made = train.draw(run, real.take(torch.tensor([0, 0, 1, 1])), run.adversarial_step)
        facts = train.criticise(run, real, made) | train.compete(run, real, made)
        assert all(torch.isfinite(value) for value in facts.values())
        run.adversarial_step += 1
    run.save()
    return run


def test_a_run_that_is_resumed_goes_on_as_if_it_had_not_stopped(data: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    steps_of(data, tmp_path / "whole", 1, 0)
    whole = steps_of(data, tmp_path / "whole", 1, 2)
    steps_of(data, tmp_path / "parts", 2, 1)
    parts = steps_of(data, tmp_path / "parts", 0, 1)
    assert (parts.step, parts.adversarial_step) == (whole.step, whole.adversarial_step) == (4, 2)
    for name in ("average", "critic"):
        for one, other in zip(getattr(parts, name).parameters(), getattr(whole, name).parameters(), strict=True):
            assert torch.allclose(one, other, atol=1e-6)


def test_likelihood_falls_where_it_is_learnt(data: Path, tmp_path: Path) -> None:
    run = new_run(training_run.Plan(batch=4, warm_up=1), tmp_path)
    batch = library(data).batch(np.arange(4), np.random.default_rng(1))
    costs = [float(train.learn(run, batch)["cost"].detach()) for _ in range(20)]
    assert costs[-1] < 0.95 * costs[0]


def test_merits_are_relative_to_siblings_and_look_ahead(data: Path, tmp_path: Path) -> None:
    run = new_run(training_run.Plan(conditions=2, group=2), tmp_path)
    batch = library(data).batch(np.array([0, 0, 5, 5]), np.random.default_rng(1))
    made = train.draw(run, batch, 1)
    merit = train.merits(run, made)
    assert merit.shape == (4, 8)
    assert torch.allclose(merit[0], -merit[1], atol=1e-5)
    assert torch.allclose(merit[2], -merit[3], atol=1e-5)
    assert merit.square().mean() == pytest.approx(1.0, abs=1e-3)


def test_what_the_critic_likes_becomes_likelier(data: Path, tmp_path: Path) -> None:
    plan = training_run.Plan(batch=4, conditions=1, group=4, reward_weight=50.0, rate=3e-3)
    run = new_run(plan, tmp_path)
    batch = library(data).batch(np.array([3] * 4), np.random.default_rng(1))
    made = train.draw(run, batch, 1)
    merit = train.merits(run, made).mean(1)
    before = _chances(run, made)
    for _ in range(3):
        train.compete(run, batch, made)
    gain = _chances(run, made) - before
    assert gain[merit.argmax()] > gain[merit.argmin()]


def _chances(run: training_run.Run, made: dataset.Batch) -> torch.Tensor:
    with torch.no_grad():
        logits = run.generator.eval()(made.music, made.asked)
        chances: torch.Tensor = train.log_probabilities(logits, made.events, made.asked.roles).sum((1, 2))
        return chances


def test_forms_of_a_style_are_those_of_what_is_learnt(data: Path) -> None:
    corpus = dataset.load_corpus(data)
    lead, drums = corpus.windows["lead"], corpus.windows["drums"]
    lead *= np.random.default_rng(2).random(lead.shape) < 0.5
    drums[46] = drums[41]
    drums[47, 16:] = drums[40, 16:]
    first = lead[40, :16]
    lead[42, :16] = np.where(first > OFF, first + 1, first)
    new = "." * 8
    plain = [letter + new + new for letter in "ABACABACDD"]
    planted = list(plain)
    planted[2] = "A" + "....A..." + new
    planted[6] = "A" + "...C...." + "...D...."
    planted[7] = "C" + new + "...B...."
    texts = [text.partition(":")[0] for text in model_folder.count_forms(corpus, 0)]
    assert texts == sorted(["".join(plain)] * 4 + ["".join(planted)])


def test_plain_chords_are_named() -> None:
    def half(*voices: list[int]) -> list[list[int]]:
        """Pitches of three voices at eight steps, 0 for silence."""
        return [list(step) for step in zip(*[(voice * 8)[:8] for voice in voices], strict=True)]

    heard = np.array(
        [
            half([50], [55], [59]),  # G major over its fifth
            half([41], [56], [0]),  # F minor without its fifth
            half([36], [43], [0]),  # no third
            half([36], [52], [55, 55, 55, 55, 55, 55, 55, 57]),  # C major with a passing note
            half([36], [52], [55, 57]),  # C major or A minor
            half([0], [0], [0]),
        ]
    ).reshape(48, 3)
    states = np.where(heard > 0, 2 * (heard - 21) + 1, 0)
    states[::8] += states[::8] > 0
    assert model_folder.plain_chords(states, 6).tolist() == [2 * 7, 2 * 5 + 1, NO_SOURCE, 0, NO_SOURCE, NO_SOURCE]
