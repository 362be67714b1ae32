"""The training's own parts: windows out of pieces, the split, transposition, and a run that resumes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only")

from score.chords import BEATS_PER_WINDOW  # noqa: E402
from score.encoding import HOLD, OFF  # noqa: E402
from score.roles import Role  # noqa: E402
from vae.models.checkpoint import find_shipped_model  # noqa: E402
from vae_training.data import dataset, prepare  # type: ignore[import-not-found]  # noqa: E402
from vae_training.evaluation import reconstruction_eval  # type: ignore[import-not-found]  # noqa: E402
from vae_training.export import model_folder  # type: ignore[import-not-found]  # noqa: E402
from vae_training.model import train  # type: ignore[import-not-found]  # noqa: E402

Band = Callable[..., bytes]


@pytest.fixture
def corpus(tmp_path: Path, band: Band) -> Path:
    """Make a corpus of thirty pieces with its index, one of them unreadable, one with a risk."""
    rows = []
    for number in range(30):
        path = f"piece{number}.mid"
        (tmp_path / path).write_bytes(b"damaged" if number == 0 else band(6, seed=number))
        risk = prepare.RISKS[0] if number == 1 else ""
        rows.append([path, "made", "CC BY 4.0", "Anon", risk, f"work{number}"])
    with (tmp_path / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "source", "licence", "composer", "risk", "group"], *rows])
    return tmp_path


@pytest.fixture
def data(corpus: Path, tmp_path: Path) -> Path:
    found = [prepare.cut(piece, 64) for piece in prepare.read_index(corpus)]
    path = tmp_path / "windows.npz"
    np.savez(path, **dict(prepare.gather(found)))
    return path


def test_windows_begin_at_every_bar_and_are_distinct(corpus: Path) -> None:
    # Six bars: five windows of two, and the last bar with silence after it. The beat is the same in all but that.
    pieces = prepare.read_index(corpus)
    assert prepare.cut(pieces[0], 64).windows == {}
    cut = prepare.cut(pieces[2], 64).windows
    assert {role: len(of) for role, of in cut.items()} == {"lead": 6, "harmony": 6, "bass": 6, "drums": 2}
    assert len(prepare.cut(pieces[2], 2).windows["lead"]) == 2


def test_a_note_held_over_is_struck_again_in_the_later_windows(band: Band) -> None:
    from dataclasses import replace

    from vae.pieces.piece import read_midi

    grid = read_midi(band(4, roles=(Role.LEAD,))).grid
    events = np.zeros(64, np.int16)
    events[[0, 40]] = (50, OFF)
    later = prepare.later(replace(grid, events={Role.LEAD: events}))
    assert later.n_bars == 3
    assert np.flatnonzero(later.events[Role.LEAD]).tolist() == [0, 24]
    assert later.events[Role.LEAD][[0, 24]].tolist() == [50, OFF]


def test_the_split_is_by_work_and_risky_rows_are_marked(data: Path) -> None:
    loaded = dataset.load(data, "lead")
    training, held_out = dataset.split(loaded)
    assert len(training) + len(held_out) == len(loaded)
    assert not set(training.group) & set(held_out.group)
    assert loaded.risk.sum() == 6
    assert dataset.sources(data) == [
        {"source": "made", "licence": "CC BY 4.0", "pieces": 29, "credits": ["Anon"]},
    ]


def test_transposition_moves_pitches_alike_and_keeps_the_rest() -> None:
    tokens = np.tile(np.array([40, HOLD, 45, OFF], np.int16), (200, 1))
    g_minor, none = 20, 0
    chords = np.tile(np.array([g_minor, none] * 4, np.int8), (200, 1))
    moved, moved_chords = dataset.transpose(tokens, chords, np.random.default_rng(0))
    shift = moved[:, 0] - 40
    assert set(shift) == set(range(-6, 7))
    assert (moved_chords[:, 0] == 13 + (7 + shift) % 12).all()
    assert (moved_chords[:, 1] == none).all()
    assert np.array_equal(moved[:, 2] - 45, shift)
    assert (moved[:, [1, 3]] == [HOLD, OFF]).all()


@pytest.mark.parametrize(("token", "shifts"), [(2, set(range(7))), (89, set(range(-6, 1)))])
def test_transposition_stays_in_range(token: int, shifts: set[int]) -> None:
    tokens = np.full((200, 4), token, np.int16)
    moved, _ = dataset.transpose(tokens, np.zeros((200, BEATS_PER_WINDOW), np.int8), np.random.default_rng(0))
    assert set(moved[:, 0] - token) == shifts


def test_layers_come_from_other_windows_and_kick_and_snare_stay() -> None:
    tokens = np.repeat(np.array([0b0000101, 0b1000010], np.int16), 100)[:, None]
    mixed = dataset.layer(tokens, np.random.default_rng(0))
    assert np.array_equal(mixed & 0b11, tokens & 0b11)
    assert set((mixed & ~0b11)[:100, 0]) == {0b0000100, 0b1000000}
    assert 0.05 < (mixed != tokens).mean() < 0.3


def chance() -> np.random.Generator:
    """Give a source of chance."""
    return np.random.default_rng(0)


def test_a_run_learns_resumes_and_exports(data: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    plan = train.Plan("drums", steps=12, batch_size=8, peak_rate=0.1)
    loaded = dataset.load(data, "drums")
    run = train.Run(plan, tmp_path / "run")
    batch = [torch.from_numpy(array.astype(np.int64)) for array in next(dataset.batches(loaded, 8, chance()))]
    losses = [run.train_on(*batch)["loss"] for _ in range(6)]
    assert losses[-1] < losses[0]
    run.save()
    run.log(**reconstruction_eval.accuracies(run.average, loaded, 8))

    again = train.Run(plan, tmp_path / "run")
    again.resume(tmp_path / "run" / "checkpoint.pt")
    assert (again.step, again.windows_seen) == (6, run.windows_seen)
    train.train(again, loaded, loaded, save_every_s=1e9, evaluate_every_s=1e9)
    assert (again.step, again.progress) == (12, 1.0)

    folder = model_folder.export(tmp_path / "run" / "checkpoint.pt", data, tmp_path / "models")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert find_shipped_model(tmp_path / "models", "drums").sha256 == manifest["sha256"]
    assert manifest["training"]["steps_done"] == 12
    assert len(manifest["learning_curve"]) == 2
    assert "Anon" in (folder / "card.md").read_text()


def test_baselines_count_what_they_say() -> None:
    tokens = np.array([[50, 0, 0, 1], [50, 50, 0, 0]], np.int16)
    spec = dataset.ROLE_SPECS["lead"]
    flags = np.zeros(2, bool)
    chords = np.zeros((2, BEATS_PER_WINDOW), np.int8)
    few = dataset.Windows(spec, tokens, chords, np.full(2, 4, np.int16), np.arange(2), flags, flags)
    assert reconstruction_eval.baselines(few) == {"most_common_token": 0.5, "repeat_last_token": 0.5}


def test_a_frozen_encoder_keeps_the_latents(data: Path, tmp_path: Path) -> None:
    run = train.Run(train.Plan("drums", steps=4, batch_size=8, peak_rate=0.1, freeze_encoder=True), tmp_path / "run")
    source = dataset.batches(dataset.load(data, "drums"), 8, chance())
    tokens, chords = (torch.from_numpy(array.astype(np.int64)) for array in next(source))
    before, weights = reconstruction_eval.latents(run.model, tokens, chords), run.model.output.weight.clone()
    run.train_on(tokens, chords)
    assert torch.equal(reconstruction_eval.latents(run.model, tokens, chords), before)
    assert not torch.equal(run.model.output.weight, weights)


@pytest.mark.parametrize(("capability", "is_half"), [("AVX2", False), ("AVX512", True)])
def test_a_cpu_whose_lstm_knows_no_bfloat16_computes_in_float32(
    monkeypatch: pytest.MonkeyPatch, capability: str, is_half: bool
) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    with train.half_precision("cpu"):
        assert torch.is_autocast_enabled("cpu") == is_half
