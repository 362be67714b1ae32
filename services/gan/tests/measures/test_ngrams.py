"""Words of music: what is spelt alike sounds alike, and what comes back is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gan.measures.grid_piece import GridPiece
from gan.measures.ngrams import N_BUCKETS, extract_ngrams
from gan_training.ranking import ngram_classifier  # type: ignore[import-not-found]
from score.arrays import Bool
from score.roles import Role

TUNE = (60, 64, 67, 65, 62, 59, 60, 64)


def lead(pitches: Sequence[int], every: int = 4, bars: int = 4) -> GridPiece:
    events = np.zeros(16 * bars, np.int16)
    events[0] = 1
    for index, pitch in enumerate(pitches):
        events[index * every] = pitch - 19
    return GridPiece(is_minor=False, meter="4/4", events={Role.LEAD: events})


def same(one: GridPiece, other: GridPiece) -> Bool:
    """Say which spellings of which notes are alike."""
    return np.equal(extract_ngrams(one)[Role.LEAD].words, extract_ngrams(other)[Role.LEAD].words)


def test_one_other_note_changes_the_words_that_it_is_in_and_no_others() -> None:
    changed = list(TUNE)
    changed[3] += 1
    alike = same(lead(TUNE), lead(changed))
    assert alike[:3].all()
    assert not alike[3].all()
    assert not alike[5].all()
    # The interval after it is changed as well, and is in words of three notes from there.
    assert alike[7:].all()


def test_transposed_music_has_the_same_intervals_and_rhythm_and_other_degrees() -> None:
    alike = same(lead(TUNE), lead([pitch + 2 for pitch in TUNE]))
    assert 0.5 < alike.mean() < 0.9
    assert (alike.all(0) | ~alike.any(0)).all()


def test_a_bar_that_comes_back_is_spelt_otherwise_than_a_new_one() -> None:
    bar = TUNE[:4]
    alike = same(lead([*bar, *bar]), lead([*(pitch - 12 for pitch in bar), *bar]))
    assert not alike[7].all()
    assert (
        0
        <= extract_ngrams(lead(TUNE))[Role.LEAD].words.min()
        <= extract_ngrams(lead(TUNE))[Role.LEAD].words.max()
        < N_BUCKETS
    )


def test_silence_has_no_words() -> None:
    assert len(extract_ngrams(lead(()))[Role.LEAD].onset) == 0


def test_a_reader_finds_the_notes_that_give_a_line_away() -> None:
    random = np.random.default_rng(1)
    steps = np.array((-2, -1, 1, 2, 3))

    def walk(leap_at: int | None) -> GridPiece:
        pitches = 60 + np.cumsum(random.choice(steps, 16))
        if leap_at is not None:
            pitches[leap_at:] += 11
        return lead(pitches.tolist())

    real = [extract_ngrams(walk(None))[Role.LEAD] for _ in range(200)]
    made = [extract_ngrams(walk(int(random.integers(2, 14))))[Role.LEAD] for _ in range(200)]
    reader = ngram_classifier.teach(real, made)
    fresh = [extract_ngrams(walk(8))[Role.LEAD] for _ in range(20)]
    worst = [int(reader.credit(text).argmin()) for text in fresh]
    assert np.mean([8 <= at <= 10 for at in worst]) > 0.8
    assert np.mean([reader.score(text) < 0 for text in fresh]) > 0.8
    assert np.mean([reader.score(extract_ngrams(walk(None))[Role.LEAD]) > 0 for _ in range(20)]) > 0.8
