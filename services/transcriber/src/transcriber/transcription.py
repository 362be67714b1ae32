"""A recording to a piece, from top to bottom: decode, listen, find notes, find beats and bars, divide the parts."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score import midi
from score.model import Notice, Score
from servicekit.faults import NoNotes

from transcriber import notices
from transcriber.audio.audio_decoder import decode, seconds
from transcriber.audio.spectrum import semitone_levels
from transcriber.cancellation import stop_if
from transcriber.constants import SAMPLE_RATE_HZ, Floats
from transcriber.dense_network import Networks
from transcriber.notation.role_separation import Part, split
from transcriber.notation.score_builder import assemble, trimmed
from transcriber.note_detection.basic_pitch_model import Listener, Posteriors, join, n_windows
from transcriber.note_detection.note_decoding import HeardNote, find_onsets, write_down
from transcriber.note_detection.note_features import Evidence
from transcriber.rhythm.beat_tracking import Beats, track
from transcriber.rhythm.downbeat_tracking import Bars, find_bars
from transcriber.rhythm.tempo_estimation import Tempo, find_tempo, onset_curve

DECODE, LISTEN, NOTES, BEATS = "decode", "listen", "notes", "beats"
_SHARES = {DECODE: (0.05, 0.12), LISTEN: (0.12, 0.65), NOTES: (0.65, 0.95), BEATS: (0.95, 1.0)}
"""Where each stage begins and ends, by the time that it takes."""

MIN_PEAK = 1e-4
"""A recording whose loudest sample is below this, -80 dBFS, is silent."""


class Step(NamedTuple):
    """How far the work has come: the stage, and the share of the whole that is done, 0 to 1."""

    stage: str
    fraction: float


class Rhythm(NamedTuple):
    """When what is played is played; the bars begin with the first note's."""

    tempo: Tempo
    beats: Beats
    bars: Bars


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was heard.

    Attributes
    ----------
    midi : bytes
        The score as a file.
    score : Score
    parts : tuple of Part
        The tracks of the score, in its order.
    bars : Bars
    tempo_bpm : float
        The median over the piece, quarters a minute.
    is_constant : bool
        The tempo map has one tempo.
    duration_s, start_s : float
        The recording's length, and the second of it at which the score begins.
    confidence, tempo_confidence : float
        0 to 1.
    notices : tuple of Notice
    """

    midi: bytes
    score: Score
    parts: tuple[Part, ...]
    bars: Bars
    tempo_bpm: float
    is_constant: bool
    duration_s: float
    start_s: float
    confidence: float
    tempo_confidence: float
    notices: tuple[Notice, ...]


class Transcriber:
    """Everything that is loaded once."""

    def __init__(self, listener: Listener, networks: Networks) -> None:
        self._listener = listener
        self._networks = networks

    def transcribe(self, cancelled: threading.Event, path: Path, name: str) -> Iterator[Step | Transcription]:
        """Transcribe a file.

        Parameters
        ----------
        cancelled : threading.Event
            Ends the work when it is set.
        path : Path
            The file.
        name : str
            The title of the piece.

        Yields
        ------
        Step or Transcription
            Any number of steps, then the transcription.

        Raises
        ------
        AudioUnreadable, AudioTooLong
            As `decoding.decode`.
        NoNotes
            If nothing is heard that is a note.
        """
        audio = yield from _decoded(path, cancelled)
        evidence = yield from self._heard(audio, cancelled)
        notes = yield from self._written(evidence, cancelled)
        if not notes:
            raise NoNotes("No notes are heard in the recording. Send one in which something with a pitch plays.")
        yield _step(BEATS, 0.0)
        rhythm = self._rhythm(notes, evidence.n_frames, cancelled)
        stop_if(cancelled)
        yield self._arranged(notes, rhythm, len(audio) / SAMPLE_RATE_HZ, name)

    def _heard(self, audio: Floats, cancelled: threading.Event) -> Generator[Step, None, Evidence]:
        """Listen; tells how far it is."""
        windows: list[Posteriors] = []
        for window in self._listener.windows(audio):
            stop_if(cancelled)
            windows.append(window)
            yield _step(LISTEN, 0.8 * len(windows) / n_windows(len(audio)))
        levels = semitone_levels(audio, cancelled)
        yield _step(LISTEN, 1.0)
        return Evidence(join(windows), levels)

    def _written(self, evidence: Evidence, cancelled: threading.Event) -> Generator[Step, None, list[HeardNote]]:
        """Find the notes; tells how far it is."""
        onsets = find_onsets(evidence, self._networks.onset, cancelled)
        yield _step(NOTES, 0.5)
        notes: list[HeardNote] = []
        for note in write_down(evidence, onsets, self._networks.end, cancelled):
            notes.append(note)
            if len(notes) % 100 == 0:
                yield _step(NOTES, 0.5 + 0.5 * len(notes) / len(onsets.frames))
        return notes

    def _rhythm(self, notes: Sequence[HeardNote], n_frames: int, cancelled: threading.Event) -> Rhythm:
        """Find tempo, beats and bars."""
        onsets_s = np.array([note.onset_s for note in notes])
        curve = onset_curve(onsets_s, n_frames)
        tempo = find_tempo(notes, curve, self._networks.tempo)
        beats = track(curve, onsets_s, tempo.period_s, cancelled)
        stop_if(cancelled)
        bars = find_bars(notes, beats.times_s, self._networks.downbeat)
        return Rhythm(tempo, beats, trimmed(bars, notes[0].onset_s))

    def _arranged(self, notes: Sequence[HeardNote], rhythm: Rhythm, duration_s: float, name: str) -> Transcription:
        """Divide the parts, and write the score."""
        tempo, beats, bars = rhythm
        parts = tuple(split(notes))
        provenance = {"method": "transcription", "models": {"transcriber": self._networks.sha256}}
        score = assemble(parts, bars, is_constant=beats.is_constant, title=name, provenance=provenance)
        confidence = round(float(np.mean([note.probability for note in notes])), 3)
        tempo_confidence = round(_tempo_confidence(tempo, beats, len(notes)), 3)
        return Transcription(
            midi=midi.write(score),
            score=score,
            parts=parts,
            bars=bars,
            tempo_bpm=round(60 / float(np.median(np.diff(bars.beats_s))), 2),
            is_constant=beats.is_constant,
            duration_s=duration_s,
            start_s=float(bars.beats_s[0]),
            confidence=confidence,
            tempo_confidence=tempo_confidence,
            notices=tuple(notices.of(parts, bars, confidence, tempo_confidence)),
        )


def _decoded(path: Path, cancelled: threading.Event) -> Generator[Step, None, Floats]:
    """Decode the file whole, no louder than full scale; tells how far it is."""
    length = seconds(path) * SAMPLE_RATE_HZ
    blocks: list[Floats] = []
    for block in decode(path, cancelled):
        blocks.append(block)
        yield _step(DECODE, min(1.0, sum(map(len, blocks)) / length))
    audio = np.concatenate(blocks)
    peak = float(np.abs(audio).max(initial=0))
    if peak < MIN_PEAK:
        raise NoNotes("The recording is silent. Send one in which something with a pitch plays.")
    return audio / max(1.0, peak)


def _tempo_confidence(tempo: Tempo, beats: Beats, n_notes: int) -> float:
    """A tempo is as sure as the network is of it, as regular as the onsets are, and surer with many notes."""
    return tempo.confidence * (0.5 + 0.5 * beats.regularity) * n_notes / (n_notes + 8)


def _step(stage: str, done: float) -> Step:
    begin, end = _SHARES[stage]
    return Step(stage, begin + (end - begin) * done)
