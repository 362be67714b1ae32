"""The evaluation: each figure on music so small that it can be counted by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gan.measures import features
from gan.model import GanModel
from gan_training.data.corpus import load_corpus  # type: ignore[import-not-found]
from gan_training.evaluation import generation, pieces, reference_sets, table  # type: ignore[import-not-found]
from gan_training.evaluation.measures import (  # type: ignore[import-not-found]
    coherence,
    control_accuracy,
    feature_overlap,
    generation_speed,
    key_agreement,
    memorization,
    musegan_metrics,
    ngram_features,
    self_similarity,
    style_recognition,
    two_sample,
)
from score.encoding import OFF, event_of_pitch
from score.roles import ROLES, Role

Line = Sequence[tuple[int, int]]
"""Onsets with their pitches; a note lasts until the next onset, or a pitch of 0."""


def line(notes: Line, steps: int = 64) -> Any:
    events = pieces.silence(Role.LEAD, steps)
    for onset, pitch in notes:
        events[onset] = event_of_pitch(pitch) if pitch else OFF
    return events


def chords(rows: Sequence[tuple[int, tuple[int, ...]]], steps: int = 64) -> Any:
    events = pieces.silence(Role.HARMONY, steps)
    for onset, pitches in rows:
        events[onset] = [*map(event_of_pitch, pitches), *[OFF] * (4 - len(pitches))]
    return events


def beat(steps: int = 64) -> Any:
    events = np.zeros(steps, np.int16)
    events[::4] = 1
    return events


def piece(group: int = 0, style: str = "funk", *, is_minor: bool = False, synthetic: bool = False, **roles: Any) -> Any:
    events = {Role(name): values for name, values in roles.items()}
    return pieces.Piece(style=style, is_minor=is_minor, meter="4/4", synthetic=synthetic, group=group, events=events)


TUNE = line([(0, 60), (2, 62), (3, 64), (4, 0), (48, 67)])


def test_files_are_read_as_they_were_saved(tmp_path: Path) -> None:
    saved = [piece(3, lead=TUNE, drums=beat()), piece(-1, "jazz", is_minor=True, harmony=chords([(0, (67, 60))], 32))]
    pieces.save(tmp_path / "pieces.npz", saved)
    one, other = pieces.load(tmp_path / "pieces.npz")
    assert (one.style, one.group, one.roles, one.n_bars) == ("funk", 3, (Role.LEAD, Role.DRUMS), 4)
    assert (other.style, other.group, other.is_minor, other.n_bars) == ("jazz", -1, True, 2)
    assert one.events[Role.LEAD].tolist() == TUNE.tolist()
    assert other.events[Role.HARMONY].tolist() == saved[1].events[Role.HARMONY].tolist()
    assert other.notes[Role.HARMONY].tolist() == [[0, 32, 60], [0, 32, 67]]
    assert one.restricted([Role.BASS]).notes[Role.BASS].shape == (0, 3)


def test_musegans_metrics() -> None:
    measured = musegan_metrics.measure_piece(piece(lead=TUNE, drums=beat()))
    assert measured["empty_bars.lead"] == 0.5
    assert measured["pitch_classes.lead"] == 2.0
    assert measured["qualified.lead"] == 0.5
    assert measured["empty_bars.drums"] == 0.0
    assert measured["drum_pattern.drums"] == 1.0
    assert musegan_metrics.measure_piece(piece(bass=line([])))["empty_bars.bass"] == 1.0


def test_errors_are_relative_and_denominators_floored() -> None:
    found = musegan_metrics.relative_errors(
        {"empty_bars.lead": 0.5, "qualified.lead": 0.0}, {"empty_bars.lead": 0.4, "qualified.lead": 0.005}
    )
    assert musegan_metrics.mean_error(found) == pytest.approx(0.35)
    assert musegan_metrics.by_metric(found) == {"empty_bars": pytest.approx(0.2), "qualified": pytest.approx(0.5)}


def test_tonal_distance_grows_with_the_distance_of_chords() -> None:
    c_major, c_minor, tritone = ([(0, pitches)] for pitches in ((67, 64, 60), (67, 63, 60), (73, 70, 66)))
    near, far = (
        musegan_metrics.measure_piece(piece(harmony=chords(other), lead=line([(0, 60)]), bass=line([(0, 48)])))
        for other in (c_major, tritone)
    )
    assert near["tonal_distance.lead-bass"] == pytest.approx(0.0, abs=1e-12)
    assert near["tonal_distance.lead-harmony"] < far["tonal_distance.lead-harmony"]
    assert chords(c_minor).shape == (64, 4)


def test_overlap_is_whole_for_similar_sets_and_zero_for_distant_ones() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.standard_normal(4000), rng.standard_normal(4000)
    assert feature_overlap.overlapping_area(one, other) > 0.95
    assert feature_overlap.overlapping_area(one, other + 30) < 0.01
    # Two normal densities two deviations apart share 2 Phi(-1) of their area; the kernels widen both by 2 %.
    assert feature_overlap.overlapping_area(one, other + 2) == pytest.approx(0.317, abs=0.03)
    assert feature_overlap.plain_overlap(np.array([[0.5, 0.5], [0.3, 0.7]]), np.array([[0.9, 0.1]])) == pytest.approx(
        0.5
    )


def test_overlap_measures_a_line() -> None:
    notes = piece(lead=TUNE).notes[Role.LEAD]
    found = feature_overlap.measure(notes, 64)
    assert {name: values.tolist() for name, values in found.items() if name != "pitch_classes"} == {
        "note_count": [4.0],
        "pitch_range": [7.0],
        "note_length": [5.0],
        "onset_interval": [16.0],
    }
    assert found["pitch_classes"][[0, 2, 4, 7]].tolist() == [0.1, 0.05, 0.05, 0.8]


def test_features_are_more_than_eighty() -> None:
    full = piece(lead=TUNE, harmony=chords([(0, (67, 64, 60))]), bass=line([(0, 48)]), drums=beat())
    found = features.measure(full)
    assert len(found) > 80
    assert found["lead.notes"] == 1.0
    assert found["lead.empty_bars"] == 0.5
    assert found["lead.step_second"] == pytest.approx(2 / 3)
    assert found["harmony.triads"] == 1.0
    assert found["drums.repeats_1"] == 1.0
    assert found["harmony-bass.contained"] == pytest.approx(1 / 3)
    assert found["lead-drums.first_held"] == 0.5
    names, values = features.table([full, piece(drums=beat())])
    assert np.isnan(values[1, names.index("lead.notes")])


def varied(count: int, step: int, first_group: int = 0) -> list[Any]:
    """Return random leads, with so many steps between notes."""
    rng = np.random.default_rng(step)
    rows = [
        [(at, int(pitch)) for at, pitch in zip(range(0, 64, step), rng.integers(55, 80, 64 // step), strict=True)]
        for _ in range(count)
    ]
    return [piece(first_group + index, lead=line(row)) for index, row in enumerate(rows)]


def test_classifiers_distinguish_only_what_differs() -> None:
    real = varied(40, 2)
    result = two_sample.evaluate(
        real, [piece(one.group, lead=two.events[Role.LEAD]) for one, two in zip(real, varied(40, 4), strict=True)]
    )
    assert result is not None
    assert result.accuracy == 1.0
    assert result.ngram_accuracy == result.random_accuracy == 1.0
    assert any(name.startswith("lead.") for name in result.importance)
    same = two_sample.evaluate(real[:20], real[20:])
    assert same is not None
    assert same.accuracy < 0.75
    assert max(same.ngram_accuracy, same.random_accuracy) < 0.75
    assert two_sample.evaluate(real[:4], real[4:]) is None


def test_ngrams_are_runs_of_intervals_and_waits_in_any_key() -> None:
    tune = [(0, 60), (4, 64), (6, 62), (16, 62)]
    counted = ngram_features.count_ngrams(piece(lead=line(tune)))
    assert counted["lead.pitch.4"] == counted["lead.pitch.4 -2 0"] == 1
    assert counted["lead.rhythm.4@4 2@6"] == 1
    assert counted["lead.both.-2:2@6 0:10@0"] == 1
    assert ngram_features.count_ngrams(piece(lead=line([(at, pitch + 5) for at, pitch in tune]))) == counted
    assert sum(counted.values()) == 3 * (3 + 2 + 1)
    assert ngram_features.count_ngrams(piece(drums=beat()))["drums.pitch.0 0"] == 14


def test_pieces_of_one_group_share_a_fold() -> None:
    groups = two_sample._fold_groups(
        [piece(5, lead=TUNE), piece(5, lead=TUNE), piece(-1, lead=TUNE), piece(-1, lead=TUNE)]
    )
    assert groups[0] == groups[1]
    assert len(set(groups.tolist())) == 3


def test_all_roles_sound_in_three_quarters_of_the_bars() -> None:
    full = {"harmony": chords([(0, (67, 64, 60))]), "bass": line([(0, 48)]), "drums": beat()}
    complete, incomplete = piece(lead=line([(0, 60), (48, 0)]), **full), piece(lead=TUNE, **full)
    assert coherence.share_with_all_roles([complete, incomplete]) == 0.5


def test_shuffled_roles_have_a_larger_tonal_distance() -> None:
    def on(root: int) -> Any:
        return piece(lead=line([(0, root + 12)]), bass=line([(0, root)]))

    real = [on(48), on(54)]
    gap = coherence.measure_gap(real, [on(48), on(48)])
    assert gap.real == pytest.approx(0.0, abs=1e-12)
    assert gap.real_shuffled > 1
    assert gap.reached == pytest.approx(1.0)
    assert gap.own_reached == pytest.approx(0.0)


def test_styles_are_recognized_by_common_roles() -> None:
    fast = [piece(style="funk", lead=one.events[Role.LEAD], drums=beat()) for one in varied(12, 2)]
    slow = [piece(style="waltz", lead=one.events[Role.LEAD]) for one in varied(12, 8)]
    roles = style_recognition.common_roles([*fast, *slow])
    assert roles == (Role.LEAD,)
    training = [*fast[:8], *slow[:8]]
    measured = {one: features.measure(one, roles) for one in (*fast, *slow)}
    styles, features_of = [one.style for one in training], [measured[one] for one in training]
    classifier = style_recognition.StyleClassifier(styles, features_of)
    others = [*fast[8:], *slow[8:]]
    assert classifier.accuracy([one.style for one in others], [measured[one] for one in others]) == 1.0
    assert style_recognition.guess_accuracies(others[:6]) == (0.5, pytest.approx(4 / 6))


def test_pieces_are_detected_in_the_key_in_which_they_were_written() -> None:
    scale = line([(4 * index, pitch) for index, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60))], 64)
    song = piece(
        lead=scale, harmony=chords([(0, (67, 64, 60)), (16, (69, 65, 60)), (32, (67, 62, 59)), (48, (67, 64, 60))])
    )
    for tonic in (0, 7):
        assert key_agreement.is_in_key((key_agreement.to_midi(song, tonic), (tonic, False)))
    assert not key_agreement.is_in_key((key_agreement.to_midi(song, 3), (4, False)))


def test_duplicates_are_found_in_any_key() -> None:
    up = line([(0, 65), (2, 67), (3, 69), (4, 0), (48, 72)])
    assert memorization.count_duplicates([piece(lead=TUNE), piece(lead=up), piece(lead=TUNE, drums=beat())]) == 1


def test_self_similarity_by_distance() -> None:
    once = [(0, 60), (16, 67), (32, 60), (48, 67)]
    curves = self_similarity.measure([piece(lead=line(once), drums=beat())])
    assert curves.onsets[:4].tolist()[:3] == [0.5, 1.0, 0.5]
    assert curves.chroma[:3].tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(curves.onsets[3:]).all()
    assert self_similarity.curve_error(np.array([0.5, np.nan]), np.array([0.4, np.nan])) == pytest.approx(0.2)


def test_pairs_are_of_one_style_and_reduced_to_the_references_roles() -> None:
    reference = piece(7, lead=TUNE)
    own, other = piece(7, lead=TUNE, drums=beat()), piece(8, lead=TUNE, drums=beat())
    ((paired, generated),) = reference_sets.pair([reference, piece(9, "jazz", lead=TUNE)], [other, own])
    assert paired is reference
    assert (generated.group, generated.roles) == (7, (Role.LEAD,))
    assert len(reference_sets.pair([reference, reference, reference], [other, own])) == 2


@pytest.fixture
def music(tmp_path: Path) -> Any:
    """Write a corpus as `prepare` does: six pieces of four windows, two held out; one of each leaves its key."""
    lead, count = np.zeros((24, 32), np.int16), 6
    lead[:, ::4] = event_of_pitch(60)
    lead[20:, ::4] = event_of_pitch(61)
    arrays = {
        "w_lead": lead,
        "w_bass": np.zeros_like(lead),
        "w_harmony": np.zeros((24, 32, 4), np.int16),
        "w_drums": np.zeros_like(lead),
        "w_tied_lead": np.zeros(24, np.bool_),
        "p_start": 4 * np.arange(count),
        "p_count": np.full(count, 4),
        "p_style": np.zeros(count, np.int64),
        "p_mode": np.array([0, 1, 0, 0, 0, 0]),
        "p_meter": np.zeros(count, np.int64),
        "p_roles": np.tile([True, False, False, False], (count, 1)),
        "p_held_out": np.array([0, 0, 0, 0, 1, 1], np.bool_),
        "p_synthetic": np.zeros(count, np.bool_),
    }
    np.savez(tmp_path / "windows.npz", **arrays)  # type: ignore[arg-type]
    (tmp_path / "styles.json").write_text(json.dumps([{"id": "funk"}]))
    return load_corpus(tmp_path)


def test_references_are_clean_and_held_out(music: Any) -> None:
    references = reference_sets.sample_references(music, 10, 1, n_bars=4)
    assert [one.group for one in references] == [4, 4]
    assert [(one.n_bars, one.style, one.roles) for one in references] == [(4, "funk", (Role.LEAD,))] * 2
    assert reference_sets.sample_references(music, 10, 1, n_bars=4, supported=frozenset({("jazz", "4/4")})) == []


def test_training_music_like_references_is_sampled_evenly(music: Any) -> None:
    references = reference_sets.sample_references(music, 2, 1, n_bars=4)
    found = reference_sets.sample_training_like(music, [*references, references[0]], 1)
    assert [(one.group, one.is_minor) for one in found if one] == [(4, False)] * 3
    assert len({one.notes[Role.LEAD].tobytes() for one in found if one}) == 1


def test_pieces_are_generated_like_references(models: GanModel) -> None:
    references = [piece(3, lead=TUNE.repeat(2), drums=beat(128))]
    (spec,) = generation.build_specs(references, 1, 1)
    assert (spec.request.style_id, spec.request.n_bars, spec.request.roles) == ("funk", 8, (Role.LEAD, Role.DRUMS))
    one = generation.generate(models, spec)
    assert (one.piece.group, one.piece.roles, one.piece.n_bars) == (3, (Role.LEAD, Role.DRUMS), 8)
    assert one.elapsed_s > 0
    assert one.tonic == spec.request.tonic
    assert generation.supported_styles(models.styles) == {("funk", "4/4"), ("chorale", "3/4"), ("chorale", "4/4")}


def test_requests_are_compared_with_midi(models: GanModel) -> None:
    specs = control_accuracy.random_specs(models.styles, 2, 1)
    specs = [generation.GenerationSpec(replace(spec.request, n_bars=8 + index)) for index, spec in enumerate(specs)]
    generated = [generation.generate(models, spec) for spec in specs]
    assert control_accuracy.measure(specs, generated) == control_accuracy.ControlAccuracy(1.0, 1.0, 1.0, 1.0)
    swapped = control_accuracy.measure(specs, generated[::-1])
    assert (swapped.tempo, swapped.bars) == (0.0, 0.0)


def test_effects_compare_requests_with_themselves() -> None:
    rising = [level + offset for level in control_accuracy.LEVELS for offset in (0, 100)]
    found = control_accuracy.rank_effect("energy", "BPM", rising)
    assert found.means == pytest.approx([level + 50 for level in control_accuracy.LEVELS])
    assert (found.of_means, found.of_pieces) == (pytest.approx(1.0), pytest.approx(1.0))
    assert control_accuracy.rank_effect("energy", "BPM", [3.0] * 10).of_pieces == 0.0


def test_speed_counts_notes_and_processes(models: GanModel) -> None:
    def generate(specs: Sequence[Any]) -> list[Any]:
        row = piece(lead=TUNE, drums=beat())
        return [generation.GeneratedPiece(row, key_agreement.to_midi(row, 0), 0, 0.5, 0.25) for _ in specs]

    specs = generation_speed.build_specs(["funk", "jazz"], 4)
    assert [(spec.request.style_id, spec.request.roles) for spec in specs[:2]] == [("funk", ROLES), ("jazz", ROLES)]
    assert generation_speed.measure(generate, specs, 2) == generation_speed.Speed(0.5, 0.25, 0.5, 80.0, 2)


def test_the_table_leaves_out_empty_columns() -> None:
    rows = [
        table.Row("duplicates", "", "0", "0", {"generated": "1"}),
        table.Row("key", values={"training": table.percent(0.5)}),
    ]
    assert table.render(rows).splitlines()[2:] == [
        "| duplicates |  | 0 | 0 | 1 |  |  |",
        "| key |  |  |  |  | 50.0 % |  |",
    ]
