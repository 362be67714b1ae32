"""Arrangements of pieces for training: a drum take added to a piece, and a piece played on a piano with pedal."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from score import midi
from score.encoding import DRUM_CLASS_OF_PITCH
from score.model import DRUM_CHANNEL, Note, Score, Track

from training import corpus

DRUM_KITS = (0, 0, 0, 8, 16, 24, 25, 32, 40)
"""General MIDI 2 programs of channel 10: standard, room, power, electronic, analog, jazz and brush kit."""
PLAYABLE_PITCHES = {22: 42, 26: 46, 58: 43}
"""Pads of electronic kits, and the General MIDI drums that sound like them."""
PIANO_PROGRAMS = (0, 0, 0, 0, 1, 2, 3)
PEDAL_DELAY_TICKS, PEDAL_RELEASE_TICKS = 80, 30
"""The pedal is pressed this much after a change of harmony, and held this much into the next one (in 1/1000 s)."""
REPEAT_GAP_TICKS = 10


def sample_takes(rows: Sequence[corpus.CorpusRow]) -> list[corpus.CorpusRow]:
    """Return the drum takes of the corpus that are not for tests."""
    return [row for row in rows if row.style.startswith("drums-") and row.fold != corpus.TEST_FOLD]


def read_take(row: corpus.CorpusRow) -> Score:
    """Read a drum take, with its pads as General MIDI drums."""
    score = midi.parse(row.path.read_bytes())
    return replace(score, tracks=tuple(replace(track, notes=_playable(track.notes)) for track in score.tracks))


def _playable(strokes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(stroke._replace(pitch=PLAYABLE_PITCHES.get(stroke.pitch, stroke.pitch)) for stroke in strokes)


def add_drums(score: Score, take: Score) -> Score:
    """Add a drum take to a piece, at the piece's tempo, repeated to its end.

    Parameters
    ----------
    score : Score
        A piece without drums.
    take : Score
        Its notes are all drums.
    """
    scale = score.ticks_per_quarter / take.ticks_per_quarter
    strokes = [note for track in take.tracks for note in track.notes]
    bar = 4 * take.ticks_per_quarter
    period = max(1, -(-take.end_ticks // bar)) * bar
    notes = [
        note._replace(
            onset_ticks=round((start + note.onset_ticks) * scale),
            duration_ticks=max(1, round(note.duration_ticks * scale)),
        )
        for start in range(0, int(score.end_ticks / scale) + 1, period)
        for note in strokes
        if (start + note.onset_ticks) * scale < score.end_ticks
    ]  # fmt: skip
    return replace(score, tracks=(*score.tracks, Track("Drums", 0, DRUM_CHANNEL, tuple(sorted(notes)))))


def choose_kit(performance: Score, rng: random.Random) -> Score:
    """Play the drums of a performance on a random kit."""
    kit = rng.choice(DRUM_KITS)
    return replace(performance, tracks=tuple(replace(t, program=kit) if t.is_drum else t for t in performance.tracks))


def split_drums(performance: Score) -> tuple[Score, Score]:
    """Divide a performance into its pitched tracks and its drums."""
    return (
        replace(performance, tracks=tuple(track for track in performance.tracks if not track.is_drum)),
        replace(performance, tracks=tuple(track for track in performance.tracks if track.is_drum)),
    )


def drum_strokes(performance: Score) -> list[tuple[float, int, int]]:
    """Return onset in seconds, class and velocity of the drum notes that belong to a class, by rising onset."""
    return sorted(
        (note.onset_ticks / 1000, DRUM_CLASS_OF_PITCH[note.pitch], note.velocity)
        for track in performance.tracks
        if track.is_drum
        for note in track.notes
        if note.pitch in DRUM_CLASS_OF_PITCH
    )


def play_on_piano(performance: Score, rng: random.Random) -> Score:
    """Play the pitched tracks of a performance on one piano, mostly with pedal.

    Parameters
    ----------
    performance : Score
        With 1000 ticks a second.
    rng : Random
        Chooses the piano, the touch and the pedal.

    Returns
    -------
    Score
        Its notes are as long as they sound: to the release of the pedal, or until their key is struck again.
    """
    drums = tuple(track for track in performance.tracks if track.is_drum)
    notes = sorted(note for track in performance.tracks if not track.is_drum for note in track.notes)
    spread = rng.choice([4, 10, 16])
    notes = [note._replace(velocity=int(min(127, max(15, note.velocity + rng.gauss(0, spread))))) for note in notes]
    if rng.random() < 0.7:
        notes = _hold_with_pedal(notes, rng)
    track = Track("Piano", rng.choice(PIANO_PROGRAMS), 0, tuple(_end_at_repeats(notes)))
    return replace(performance, tracks=(track, *drums))


def _hold_with_pedal(notes: Sequence[Note], rng: random.Random) -> list[Note]:
    """Lengthen notes to the release of the pedal, which changes at onsets some time apart."""
    typical, changes = rng.uniform(400, 2500), [0]
    for note in notes:
        if note.onset_ticks - changes[-1] > typical * rng.uniform(0.6, 1.4):
            changes.append(note.onset_ticks)
    changes.append(changes[-1] + 3000)
    held, index = [], 0
    for note in sorted(notes, key=lambda each: each.end_ticks):
        while index < len(changes) - 2 and changes[index + 1] <= note.end_ticks:
            index += 1
        is_held = note.end_ticks >= changes[index] + PEDAL_DELAY_TICKS
        end = changes[index + 1] + PEDAL_RELEASE_TICKS if is_held else note.end_ticks
        held.append(note._replace(duration_ticks=end - note.onset_ticks))
    return sorted(held)


def _end_at_repeats(notes: Sequence[Note]) -> list[Note]:
    """End each note before the next one of its pitch."""
    next_onsets: dict[int, int] = {}
    ended = []
    for note in sorted(notes, reverse=True):
        limit = next_onsets.get(note.pitch, note.end_ticks + REPEAT_GAP_TICKS) - REPEAT_GAP_TICKS
        if limit > note.onset_ticks:
            ended.append(note._replace(duration_ticks=min(note.end_ticks, limit) - note.onset_ticks))
            next_onsets[note.pitch] = note.onset_ticks
    return sorted(ended)
