"""Memorization: copies are found in any key and tempo, common patterns do not count, small corpora are exact."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from gan.ranking.memorization import (
    MIN_PASSAGE_NOTES,
    NGRAM_NOTES,
    Line,
    SharedPassage,
    TrainingIndex,
    extract_lines,
    informative_notes,
    ngram_hashes,
)
from gan_training.data.corpus import Corpus  # type: ignore[import-not-found]
from gan_training.ranking import build_index, suffix_array  # type: ignore[import-not-found]
from hypothesis import given, settings
from hypothesis import strategies as st
from score.arrays import I16
from score.roles import ROLES, Role
from servicekit.faults import ModelMismatch

TUNE = tuple(
    zip(
        (60, 64, 62, 67, 65, 72, 71, 64, 69, 60, 62, 59, 65, 67),
        (4, 2, 2, 4, 3, 1, 4, 2, 6, 2, 2, 4, 4, 8),
        strict=True,
    )
)
"""Pitch, and steps until the next note; fourteen notes, all informative."""

OTHER = tuple(
    zip((70, 63, 75, 66, 61, 73, 68, 77, 62, 74, 65, 79, 66), (3, 1, 5, 2, 7, 1, 2, 6, 3, 5, 1, 4, 2), strict=True)
)


def write(notes: Sequence[tuple[int, int]], shift: int = 0, stretch: int = 1) -> I16:
    """Write notes as the events of a line."""
    steps = [stretch * time for _, time in notes]
    events = np.zeros(sum(steps), np.int16)
    events[np.cumsum([0, *steps[:-1]])] = [pitch + shift - 19 for pitch, _ in notes]
    return events


def line_of(notes: Sequence[tuple[int, int]]) -> Line:
    return extract_lines({Role.LEAD: write(notes)})[Role.LEAD]


def index_of(*music: Sequence[tuple[int, int]], limit: int = MIN_PASSAGE_NOTES - 1) -> TrainingIndex:
    bits, _ = build_index.build_filter([line_of(notes) for notes in music], 4096)
    return TrainingIndex(bits, {"jazz": dict.fromkeys((Role.LEAD, Role.HARMONY, Role.BASS), limit)})


def exact(query: Sequence[tuple[int, int]], *music: Sequence[tuple[int, int]]) -> SharedPassage:
    found = suffix_array.SuffixArray([line_of(notes) for notes in music]).longest({Role.LEAD: write(query)})
    assert isinstance(found, SharedPassage)
    return found


def transformed(notes: Sequence[tuple[int, int]], shift: int, stretch: int) -> list[tuple[int, int]]:
    return [(pitch + shift, time * stretch) for pitch, time in notes]


def test_finds_a_copy_in_another_key_at_half_the_tempo() -> None:
    query = [(50, 3), (88, 5), *transformed(TUNE, 5, 2), (40, 7)]
    # The time from the last note of the tune is copied too, but not the note after it.
    wanted = SharedPassage(Role.LEAD, first_step=8, n_steps=80, n_notes=14, n_informative=14)
    assert index_of(TUNE, OTHER).longest({Role.LEAD: write(query)}) == wanted
    assert exact(query, OTHER, TUNE) == wanted


def test_one_changed_note_makes_two_passages() -> None:
    long = (*TUNE, *OTHER)
    changed = [*long]
    changed[12] = (long[12][0] + 1, long[12][1])
    assert index_of(long).longest({Role.LEAD: write(changed)}) == SharedPassage(Role.LEAD, 40, 48, 14, 14)
    assert exact(changed, long) == SharedPassage(Role.LEAD, 40, 48, 14, 14)
    assert index_of(long).longest({Role.LEAD: write(changed[:13])}) == SharedPassage(Role.LEAD, 0, 32, 12, 12)
    assert exact(changed[:13], long) == SharedPassage(Role.LEAD, 0, 32, 12, 12)


def test_bass_and_top_voice_are_compared_and_drums_are_not() -> None:
    events = write(TUNE)
    voices = np.stack([np.where(events > 0, events + 3, 0), events], axis=1).astype(np.int16)
    index = index_of(TUNE)
    found = index.passages({Role.HARMONY: voices, Role.BASS: write(TUNE, -12), Role.DRUMS: events})
    assert {role: own.n_notes for role, own in found.items()} == {Role.HARMONY: 14, Role.BASS: 14}
    assert index.longest({Role.HARMONY: voices[:, ::-1]}) is not None
    assert index.longest({Role.HARMONY: np.stack([write(OTHER), write(OTHER)], axis=1)}) is None


SCALE = [(pitch, 2) for pitch in (60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 79, 81, 83, 84, 86)]
REPEATED = [(60, 2)] * 16
OOM_PAH = [(48, 4), (55, 4)] * 10
LOOP = [(48, 4), (55, 2), (52, 2), (57, 8)] * 6


@pytest.mark.parametrize(
    ("notes", "n_informative"),
    [(SCALE, 2), (REPEATED, 2), (OOM_PAH, 5), (LOOP, 9)],
    ids=["scale", "repeated", "oom-pah", "loop"],
)
def test_common_patterns_are_not_informative(notes: list[tuple[int, int]], n_informative: int) -> None:
    assert informative_notes(line_of(notes)).tolist() == [True] * n_informative + [False] * (len(notes) - n_informative)
    index = index_of(notes)
    found = index.longest({Role.LEAD: write(notes)})
    assert found is not None
    assert (found.n_notes, found.n_informative) == (len(notes), n_informative)
    assert not index.is_copied({Role.LEAD: write(notes)}, "jazz")
    assert exact(notes, notes).n_informative == n_informative


def test_more_than_the_limit_is_copied() -> None:
    copied = {Role.LEAD: write(TUNE)}
    assert index_of(TUNE, limit=14).excess_overlap(copied, "jazz") == 0
    assert not index_of(TUNE, limit=14).is_copied(copied, "jazz")
    assert index_of(TUNE, limit=11).excess_overlap(copied, "jazz") == 3
    assert index_of(TUNE, limit=11).is_copied(copied, "jazz")
    assert index_of(OTHER, limit=11).excess_overlap(copied, "jazz") == 0
    assert index_of(OTHER).excess_overlap({Role.DRUMS: write(TUNE)}, "jazz") == 0


@pytest.mark.parametrize("count", [0, 1, 2, 3, NGRAM_NOTES - 1])
def test_a_line_too_short_for_a_passage_has_none(count: int) -> None:
    events = {Role.LEAD: np.append(np.int16(1), write(TUNE[:count])) if count else np.zeros(8, np.int16)}
    assert index_of(TUNE).longest(events) is None
    assert len(ngram_hashes(extract_lines(events)[Role.LEAD])) == 0


def test_one_ngram_is_no_passage_and_two_are() -> None:
    query = {Role.LEAD: write(TUNE)}
    assert index_of(TUNE[:NGRAM_NOTES]).longest(query) is None
    assert index_of(TUNE[:MIN_PASSAGE_NOTES]).longest(query) == SharedPassage(Role.LEAD, 0, 28, 10, 10)


def test_a_rest_counts_by_the_time_it_takes() -> None:
    events = write(TUNE)
    with_rest = events.copy()
    with_rest[np.flatnonzero(events)[3] + 2] = 1
    assert index_of(TUNE).longest({Role.LEAD: with_rest}) == index_of(TUNE).longest({Role.LEAD: events})
    later = np.insert(events, np.flatnonzero(events)[12], [0, 0, 0]).astype(np.int16)
    assert exact_notes(later) == 12


def exact_notes(events: I16) -> int:
    found = suffix_array.SuffixArray([line_of(TUNE)]).longest({Role.LEAD: events})
    assert isinstance(found, SharedPassage)
    return found.n_notes


MELODIES = st.lists(st.tuples(st.integers(50, 80), st.integers(1, 9)), min_size=MIN_PASSAGE_NOTES, max_size=60)
PHRASES = st.lists(st.tuples(st.integers(60, 64), st.integers(1, 3)), min_size=2, max_size=16)
"""Of few pitches and times, so that they share much."""


@settings(deadline=None)
@given(notes=MELODIES, shift=st.integers(-20, 20), stretch=st.sampled_from([1, 2, 3, 4]))
def test_neither_key_nor_tempo_matters(notes: list[tuple[int, int]], shift: int, stretch: int) -> None:
    index = index_of(TUNE, notes[: len(notes) // 2 + NGRAM_NOTES // 2], SCALE)
    plain, other = ({Role.LEAD: write(notes, *by)} for by in ((0, 1), (shift, stretch)))
    assert (index.longest(plain) is None) == (index.longest(other) is None)
    one, two = index.longest(plain), index.longest(other)
    if one is not None and two is not None:
        assert (two.first_step, two.n_steps) == (one.first_step * stretch, one.n_steps * stretch)
        assert (two.n_notes, two.n_informative) == (one.n_notes, one.n_informative)


@settings(deadline=None)
@given(query=PHRASES, music=st.lists(PHRASES, min_size=1, max_size=3))
def test_the_suffix_array_agrees_with_exhaustive_search(
    query: list[tuple[int, int]], music: list[list[tuple[int, int]]]
) -> None:
    n_informative, known = symbols(query), [symbols(notes) for notes in music]
    is_informative = informative_notes(line_of(query))
    best = (0, 0)
    for first in range(len(query) - 1):
        for last in range(first + 1, len(query)):
            wanted = n_informative[2 * first : 2 * last - 1]
            if any(text[at : at + len(wanted)] == wanted for text in known for at in range(0, len(text), 2)):
                best = max(best, (int(is_informative[first : last + 1].sum()), last + 1 - first))
    found = exact(query, *music)
    # Where no interval is shared, a single note is.
    assert (found.n_informative, found.n_notes) == (best if best > (0, 0) else (1, 1))


def symbols(notes: Sequence[tuple[int, int]]) -> list[int]:
    return [int(symbol) for symbol in suffix_array.to_symbols(line_of(notes))]


def test_the_filter_has_few_false_positives() -> None:
    random = np.random.default_rng(1)
    music = [Line(np.cumsum(random.integers(1, 9, 500)), random.integers(48, 84, 500)) for _ in range(40)]
    bits, count = build_index.build_filter(music, count_bytes := 40 * 492 * 12 // 8)
    assert (count, len(bits)) == (40 * 492, count_bytes)
    index = TrainingIndex(bits, {})
    assert all(index.contains(ngram_hashes(line)).all() for line in music)
    # Bloom's figure for twelve bits and eight hashes: (1 - exp(-8 / 12)) ** 8 = 0.3 %.
    assert 0.001 < build_index.false_positive_rate(index, music) < 0.006


def test_a_saved_index_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "novelty.npz"
    digest = index_of(TUNE, limit=12).save(path)
    loaded = TrainingIndex.from_bytes(path.read_bytes())
    assert loaded.limits == {"jazz": {Role.LEAD: 12, Role.HARMONY: 12, Role.BASS: 12}}
    assert loaded.excess_overlap({Role.LEAD: write(TUNE, 7)}, "jazz") == 2
    assert index_of(TUNE, limit=12).save(path) == digest
    assert index_of(OTHER, limit=12).save(path) != digest


def test_an_index_of_other_ngrams_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "novelty.npz"
    monkeypatch.setattr("gan.ranking.memorization.N_HASHES", 7)
    index_of(TUNE).save(path)
    monkeypatch.undo()
    with pytest.raises(ModelMismatch, match="n-grams of another length"):
        TrainingIndex.from_bytes(path.read_bytes())


def corpus(*works: tuple[Sequence[tuple[int, int]], bool]) -> Corpus:
    """Two windows of 4/4 for each work, lead alone; the flag says whether it is held out."""
    lead = np.zeros((2 * len(works), 32), np.int16)
    for row, (notes, _) in enumerate(works):
        events = write(notes)[:64]
        lead[2 * row : 2 * row + 2].reshape(-1)[: len(events)] = events
    zeros = {f"tied_{role.value}": np.zeros(len(lead), np.bool_) for role in ROLES}
    zero = np.zeros(len(works), np.int64)
    table = {"start": 2 * np.arange(len(works)), "count": zero + 2, "style": zero, "meter": zero}
    flags = {"held_out": np.array([is_held_out for _, is_held_out in works]), "synthetic": zero.astype(np.bool_)}
    roles = {"roles": np.tile([True, False, False, False], (len(works), 1))}
    return Corpus({"lead": lead, **zeros}, {**table, **flags, **roles}, ["pop"])


def test_measures_against_training_music_only() -> None:
    class Generated:
        def __init__(self, notes: Sequence[tuple[int, int]]) -> None:
            self.events = {Role.LEAD: write(notes)}

    music = corpus((TUNE, False), (OTHER, True))
    assert suffix_array.longest_shared([Generated(transformed(TUNE[2:9], 2, 1)), Generated(OTHER)], music) == [7.0, 2.0]


def test_the_limit_is_the_ninetieth_percentile_of_held_out_music() -> None:
    music = corpus((TUNE, False), *[((*OTHER[:2], *TUNE[: 12 if at < 3 else 5]), True) for at in range(10)])
    index, lengths, figures = build_index.build(music)
    assert lengths["pop", Role.LEAD] == [12] * 3 + [0] * 7
    assert index.limits == {
        "pop": {Role.LEAD: 12, Role.HARMONY: MIN_PASSAGE_NOTES - 1, Role.BASS: MIN_PASSAGE_NOTES - 1}
    }
    assert figures.startswith("6 n-grams of 1 lines")
    assert build_index.build(music, percentile=50)[0].limits["pop"][Role.LEAD] == MIN_PASSAGE_NOTES - 1
    rows = build_index.format_table(lengths, music.styles).splitlines()
    assert rows[1].split() == ["pop", "lead", "10", "0", "9", "12", "12"]


def test_a_style_with_few_excerpts_takes_the_higher_limits_of_its_group() -> None:
    lengths = {("funk", Role.BASS): [40] * 3, ("all arranged", Role.BASS): [*[20] * 30, *[40] * 3]}
    lengths |= {("latin", Role.BASS): [12] * 3, ("pop", Role.BASS): [11] * 10, ("all others", Role.BASS): [30] * 40}
    found = build_index.compute_limits(lengths, ["funk", "latin", "pop", "game"])
    assert [found[style][Role.BASS] for style in found] == [40, 20, 11, 30]
    assert found["funk"][Role.LEAD] == MIN_PASSAGE_NOTES - 1


def test_the_command_writes_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    music = corpus((TUNE, False), (TUNE, True))
    monkeypatch.setattr(build_index, "load_corpus", lambda _: music)
    monkeypatch.setattr(sys, "argv", ["build_index", "--data", "x", "--out", str(tmp_path / "gan" / "novelty.npz")])
    build_index.main()
    output = capsys.readouterr().out
    digest = output.strip().rsplit(" ", 1)[1]
    path = tmp_path / "gan" / "novelty.npz"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    index = TrainingIndex.from_bytes(path.read_bytes())
    assert index.excess_overlap({Role.LEAD: write(TUNE, -3, 2)}, "pop") == 0
    assert "pop               lead" in output
