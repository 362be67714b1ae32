"""The training's own parts: roles out of real scores, windows, features, and a run that resumes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gan.shapes import LATENT_SIZE, PROBE_SIZE
from gan_training import arrangement, dataset, encode, evaluate, prepare, resting, train  # type: ignore[import-not-found]
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


def test_features_are_onsets_and_register_of_what_sounds() -> None:
    heard = torch.zeros(1, 4, 4, PROBE_SIZE)
    heard[..., 96:104] = 0.25
    heard[:, :, 0, -1] = 1.5
    sounding = torch.tensor([[[1.0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]])
    lead, backing, register = dataset.raw_features(heard, sounding)[0].tolist()
    assert (lead, register) == (0.25, 1.5)
    assert backing == pytest.approx(2 * 0.25 / 3)


def test_the_place_of_windows() -> None:
    assert dataset.place(np.array([0, 2, 4]), 5).tolist() == [[1, 0, 0], [0, 0, 0.5], [0, 1, 1]]


def test_tonal_distance_is_zero_for_one_chord_and_larger_for_far_ones() -> None:
    def chord(*pitches: int) -> Any:
        events = np.zeros((16, 3), np.int16)
        events[0] = [pitch - 19 for pitch in pitches]
        return events

    same = evaluate.tonal_distance(chord(60, 64, 67), chord(72, 76, 79), 8)
    near = evaluate.tonal_distance(chord(60, 64, 67), chord(60, 64, 69), 8)
    far = evaluate.tonal_distance(chord(60, 64, 67), chord(61, 66, 70), 8)
    assert same == pytest.approx(0.0, abs=1e-12)
    assert 0.2 < near < far


def test_metrics_of_a_piece() -> None:
    lead = np.zeros(64, np.int16)
    lead[[0, 2, 3, 4]] = 60 - 19, 62 - 19, 64 - 19, 1
    drums = np.zeros(64, np.int16)
    drums[::2] = 1
    measured = evaluate.measure_piece("4/4", {Role.LEAD: lead, Role.DRUMS: drums})
    assert measured["empty_bars.lead"] == 0.0 or measured["empty_bars.lead"] == 0.75
    assert measured["pitch_classes.lead"] == 3.0
    assert measured["qualified.lead"] == pytest.approx(1 / 3)
    assert measured["drum_pattern"] == 1.0
    assert evaluate.relative_error({"a": 0.5, "b": 0.0}, {"a": 0.4, "b": 0.005}) == pytest.approx(0.35)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write a corpus of noise: two styles, twelve pieces of ten windows."""
    rng = np.random.default_rng(1)
    pieces, count = 12, 10
    total = pieces * count
    heard = rng.random((total, 4, PROBE_SIZE)).astype(np.float16)
    heard[:, :3, :96] = np.tile(dataset.WHITE, 8)
    arrays: dict[str, Any] = {
        "w_sounding": np.ones((total, 4), np.bool_),
        "w_letter": np.tile(np.array([0, 1, 0, 2, 0, 1, 0, 2, 3, 3]), pieces),
        "w_heard": heard,
        "p_start": np.arange(pieces) * count,
        "p_count": np.full(pieces, count),
        "p_length": np.full(pieces, count),
        "p_style": np.arange(pieces) % 2,
        "p_mode": np.zeros(pieces, np.int64),
        "p_meter": np.zeros(pieces, np.int64),
        "p_roles": np.ones((pieces, 4), np.bool_),
        "p_held_out": np.arange(pieces) > 9,
    }
    np.savez(tmp_path / "windows.npz", **arrays)
    np.save(tmp_path / "latents.npy", rng.standard_normal((total, 4, LATENT_SIZE)).astype(np.float16))
    (tmp_path / "styles.json").write_text(json.dumps([{"id": "funk"}, {"id": "jazz"}]))
    return tmp_path


def steps_of(data: Path, out: Path, count: int) -> train.Run:
    plan = train.Plan(batch=4, components=6, probe_steps=3)
    out.mkdir(exist_ok=True)
    run, training, _ = train.prepare_run(plan, data, out)
    for _ in range(count):
        chosen = np.random.default_rng(run.step).integers(0, len(training.chunks.start), 4)
        terms = train.step(run, training.batch(chosen), training.scale)
    run.save()
    assert all(np.isfinite(value) for value in terms.values())
    return run


def test_a_run_that_is_resumed_goes_on_as_if_it_had_not_stopped(data: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole = steps_of(data, tmp_path / "whole", 4)
    steps_of(data, tmp_path / "halves", 2)
    halves = steps_of(data, tmp_path / "halves", 2)
    assert halves.step == whole.step == 4
    for one, other in zip(whole.average.parameters(), halves.average.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_the_probe_stays_as_it_was_and_the_others_move(data: Path, tmp_path: Path) -> None:
    before = steps_of(data, tmp_path / "a", 1)
    probe = before.critic.probe.body.first.clone()
    window = before.critic.window[0].weight.clone()
    after = steps_of(data, tmp_path / "a", 2)
    assert torch.equal(after.critic.probe.body.first, probe)
    assert not torch.equal(after.critic.window[0].weight, window)


def tiny_corpus(**windows: Any) -> dataset.Corpus:
    """A piece of four windows of one style, in 4/4, with a lead and a harmony."""
    pieces = {
        "start": np.array([0]),
        "count": np.array([4]),
        "style": np.array([0]),
        "meter": np.array([0]),
        "roles": np.array([[True, True, False, False]]),
        "held_out": np.array([False]),
    }
    heard = np.zeros((4, 4, PROBE_SIZE), np.float16)
    heard[:, :2, :96] = np.tile(dataset.WHITE, 8)
    shared = {"heard": heard, "sounding": np.ones((4, 4), np.bool_), "letter": np.arange(4)}
    return dataset.Corpus(shared | windows, pieces, ["funk"])


def test_chords_are_those_of_harmony_and_bass_across_windows() -> None:
    harmony = np.zeros((4, 32, 4), np.int16)
    harmony[0, 0] = [67 - 19, 64 - 19, 60 - 19, 1]
    harmony[2, 16] = [69 - 19, 65 - 19, 62 - 19, 1]
    named = encode.name_chords(tiny_corpus(harmony=harmony))
    assert named.tolist() == [[1] * 8, [1] * 8, [1] * 4 + [15] * 4, [15] * 8]


def test_rests_are_counted_by_window_and_absent_roles_play() -> None:
    lead, harmony = np.zeros((4, 32), np.int16), np.zeros((4, 32, 4), np.int16)
    harmony[:, ::4] = 41
    lead[1, 16:] = lead[2:] = 45
    lead[0, 0] = 1
    counted = resting.count_rests(tiny_corpus(lead=lead, harmony=harmony))
    assert counted == [{"start": {"ee": 1}, "following": {"ee": {"ef": 1}, "ef": {"ff": 1}, "ff": {"ff": 1}}}]


@pytest.mark.parametrize(("role", "steps"), [(Role.BASS, 32), (Role.HARMONY, 24)])
def test_encodes_as_layers_one_after_the_other(role: Role, steps: int) -> None:
    torch.manual_seed(1)
    voices, width, wide = (4, 12, 3) if role is Role.HARMONY else (1, 16, 5)
    layers = {
        "embedding": torch.nn.Linear(90, wide, bias=False),
        "beat_first": torch.nn.Linear(4 * voices * wide, 7),
        "beat_second": torch.nn.Linear(7, 7),
        "beat_code": torch.nn.Linear(7, 6),
        "place": torch.nn.Linear(8 * 6, width),
        "first": torch.nn.Linear(width, width),
        "second": torch.nn.Linear(width, width),
        "mu": torch.nn.Linear(width, LATENT_SIZE),
    }
    if role is Role.BASS:
        layers["chord"] = torch.nn.Linear(8 * 49, width, bias=False)
    weights = {f"{part}.{name}": value for part, net in layers.items() for name, value in net.state_dict().items()}
    random = np.random.default_rng(1)
    events = random.integers(0, 90, (3, steps, voices)).astype(np.int16)
    chords = random.integers(0, 49, (3, 8)).astype(np.int8)
    given = events if voices > 1 else events[:, :, 0]
    encoded = encode.Encoder(role, weights).encode(given, chords)

    one_hots = torch.zeros(3, 32, voices, 90)
    one_hots[:, :steps] = torch.nn.functional.one_hot(torch.from_numpy(events.astype(np.int64)), 90)
    with torch.no_grad():
        beats = layers["beat_first"](layers["embedding"](one_hots).view(3, 8, -1))
        beats = beats + layers["beat_second"](torch.relu(beats))
        hidden = layers["place"](layers["beat_code"](torch.relu(beats)).flatten(1))
        if role is Role.BASS:
            hidden = hidden + layers["chord"](torch.eye(49)[torch.from_numpy(chords.astype(np.int64))].flatten(1))
        hidden = hidden + layers["first"](torch.relu(hidden))
        hidden = hidden + layers["second"](torch.relu(hidden))
        expected = layers["mu"](hidden)
    assert np.abs(encoded.astype(np.float32) - expected.numpy()).max() < 1e-3
