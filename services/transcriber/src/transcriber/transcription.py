"""Transcription of a recording, from audio to score: notes, tempo, beats, bars, roles."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score import midi
from score.arrays import F32
from score.model import Notice, Score
from score.rhythm import BeatTrack
from servicekit.faults import NoNotes

from transcriber.audio.audio_decoder import decode_audio, header_duration_s
from transcriber.audio.band_spectrum import BandSpectrum, band_spectrum
from transcriber.audio.mixdown import to_mono
from transcriber.audio.spectrum import semitone_levels
from transcriber.cancellation import raise_if_cancelled
from transcriber.constants import SAMPLE_RATE_HZ
from transcriber.dense_network import TranscriptionNetworks
from transcriber.notation.bar_grid import BarGrid, build_bar_grid, track_detected_beats
from transcriber.notation.role_separation import TranscribedPart, build_drum_part, separate_roles
from transcriber.notation.score_builder import build_score, trim_leading_bars
from transcriber.note_detection.basic_pitch_model import (
    BasicPitchModel,
    Posteriors,
    concatenate_windows,
    count_windows,
)
from transcriber.note_detection.drum_detection import DrumStroke, detect_drums
from transcriber.note_detection.note_decoding import DetectedNote, decode_notes, detect_onsets
from transcriber.note_detection.note_features import NoteFeatures
from transcriber.notices import transcription_notices

DECODE, LISTEN, NOTES, BEATS = "decode", "listen", "notes", "beats"
"""Names of the stages in the contract."""
_STAGE_RANGES = {DECODE: (0.05, 0.12), LISTEN: (0.12, 0.65), NOTES: (0.65, 0.95), BEATS: (0.95, 1.0)}
"""Progress at the beginning and the end of each stage, by its share of the time."""

MIN_PEAK = 1e-4
"""A recording whose highest sample is below this, -80 dBFS, is silent."""

_NOTES_PER_PROGRESS = 100
_MIN_NOTES_FOR_TEMPO = 8
"""Number of notes that halves the confidence of the tempo."""


class Progress(NamedTuple):
    """The current stage, and the share of the whole work that is done, 0 to 1."""

    stage: str
    fraction: float


class RecordingFeatures(NamedTuple):
    """What notes and drums are detected in."""

    notes: NoteFeatures
    bands: BandSpectrum


class RhythmAnalysis(NamedTuple):
    """Beats and bars; the first bar is that of the first note."""

    beats: BeatTrack
    bars: BarGrid


@dataclass(frozen=True, slots=True)
class Transcription:
    """A transcribed recording.

    Attributes
    ----------
    midi : bytes
        The score as a file.
    score : Score
    parts : tuple of TranscribedPart
        The tracks of the score, in its order.
    bars : BarGrid
    tempo_bpm : float
        Median over the piece, in quarters per minute.
    is_constant : bool
        Whether the tempo map has a single tempo.
    duration_s, start_s : float
        Length of the recording, and its second at which the score begins.
    notes_confidence, tempo_confidence : float
        0 to 1.
    notices : tuple of Notice
    """

    midi: bytes
    score: Score
    parts: tuple[TranscribedPart, ...]
    bars: BarGrid
    tempo_bpm: float
    is_constant: bool
    duration_s: float
    start_s: float
    notes_confidence: float
    tempo_confidence: float
    notices: tuple[Notice, ...]


class Transcriber:
    """Transcribes recordings with networks that are loaded once."""

    def __init__(self, basic_pitch: BasicPitchModel, networks: TranscriptionNetworks) -> None:
        self._basic_pitch = basic_pitch
        self._networks = networks

    def transcribe(self, cancelled: threading.Event, path: Path, title: str) -> Iterator[Progress | Transcription]:
        """Transcribe a file.

        Parameters
        ----------
        cancelled : threading.Event
            Stops the work when it is set.
        path : Path
            The audio file.
        title : str
            Title of the piece.

        Yields
        ------
        Progress or Transcription
            Any number of progress reports, then the transcription.

        Raises
        ------
        AudioUnreadable, AudioTooLong
            As `audio_decoder.decode_audio`.
        NoNotes
            If the recording is silent or no notes are detected.
        """
        audio = yield from _decode(path, cancelled)
        features = yield from self._extract_features(audio, cancelled)
        drums = detect_drums(features.bands, self._networks.drums, cancelled)
        notes = yield from self._detect_notes(features.notes, cancelled)
        if not notes:
            raise NoNotes("No notes were found in the recording. Send one with a pitched instrument or voice.")
        yield _progress(BEATS, 0.0)
        first_onset_s = min(each[0].onset_s for each in (notes, drums) if each)
        rhythm = _analyze_rhythm(notes, first_onset_s)
        raise_if_cancelled(cancelled)
        yield self._build_transcription(notes, drums, rhythm, len(audio) / SAMPLE_RATE_HZ, title)

    def _extract_features(self, audio: F32, cancelled: threading.Event) -> Generator[Progress, None, RecordingFeatures]:
        """Compute posteriors, levels and bands, with progress."""
        windows: list[Posteriors] = []
        for window in self._basic_pitch.iter_posteriors(audio):
            raise_if_cancelled(cancelled)
            windows.append(window)
            yield _progress(LISTEN, 0.8 * len(windows) / count_windows(len(audio)))
        levels = semitone_levels(audio, cancelled)
        bands = band_spectrum(audio, cancelled)
        yield _progress(LISTEN, 1.0)
        return RecordingFeatures(NoteFeatures(concatenate_windows(windows), levels, bands), bands)

    def _detect_notes(
        self, features: NoteFeatures, cancelled: threading.Event
    ) -> Generator[Progress, None, list[DetectedNote]]:
        """Detect onsets and decode notes, with progress."""
        onsets = detect_onsets(features, self._networks.onset, cancelled)
        yield _progress(NOTES, 0.5)
        notes: list[DetectedNote] = []
        for note in decode_notes(features, onsets, self._networks.end, cancelled):
            notes.append(note)
            if len(notes) % _NOTES_PER_PROGRESS == 0:
                yield _progress(NOTES, 0.5 + 0.5 * len(notes) / len(onsets.frames))
        return notes

    def _build_transcription(
        self,
        notes: Sequence[DetectedNote],
        drums: Sequence[DrumStroke],
        rhythm: RhythmAnalysis,
        duration_s: float,
        title: str,
    ) -> Transcription:
        """Separate the roles and build the score.

        Parameters
        ----------
        notes : sequence of DetectedNote
            By rising onset; not empty.
        drums : sequence of DrumStroke
            By rising onset; empty if there are no drums.
        rhythm : RhythmAnalysis
        duration_s : float
            Length of the recording.
        title : str
            Title of the piece.
        """
        beats, bars = rhythm
        parts = (*separate_roles(notes), *build_drum_part(drums))
        provenance = {"method": "transcription", "models": {"transcriber": self._networks.sha256}}
        score = build_score(parts, bars, is_constant=beats.is_steady, title=title, provenance=provenance)
        notes_confidence = round(float(np.mean([note.probability for note in notes])), 3)
        tempo_confidence = round(_tempo_confidence(beats, len(notes)), 3)
        return Transcription(
            midi=midi.write(score),
            score=score,
            parts=parts,
            bars=bars,
            tempo_bpm=round(60 / float(np.median(np.diff(bars.beats_s))), 2),
            is_constant=beats.is_steady,
            duration_s=duration_s,
            start_s=float(bars.beats_s[0]),
            notes_confidence=notes_confidence,
            tempo_confidence=tempo_confidence,
            notices=tuple(transcription_notices(parts, bars, notes_confidence, tempo_confidence)),
        )


def _decode(path: Path, cancelled: threading.Event) -> Generator[Progress, None, F32]:
    """Decode the whole file and scale it down to full scale, with progress."""
    n_expected = header_duration_s(path) * SAMPLE_RATE_HZ
    blocks: list[F32] = []
    for block in decode_audio(path, cancelled):
        blocks.append(block)
        yield _progress(DECODE, min(1.0, sum(map(len, blocks)) / n_expected))
    audio = to_mono(np.concatenate(blocks))
    peak = float(np.abs(audio).max(initial=0))
    if peak < MIN_PEAK:
        raise NoNotes("The recording is silent. Send one with a pitched instrument or voice.")
    return audio / max(1.0, peak)


def _analyze_rhythm(notes: Sequence[DetectedNote], first_onset_s: float) -> RhythmAnalysis:
    """Track the beats, and build the bars from that of the first note or drum stroke on."""
    beats = track_detected_beats(notes)
    return RhythmAnalysis(beats, trim_leading_bars(build_bar_grid(beats), first_onset_s))


def _tempo_confidence(beats: BeatTrack, n_notes: int) -> float:
    """Lower the confidence of the beats if there are few notes."""
    return beats.beat_confidence * n_notes / (n_notes + _MIN_NOTES_FOR_TEMPO)


def _progress(stage: str, share: float) -> Progress:
    """Return the whole progress for a share of a stage."""
    start, stop = _STAGE_RANGES[stage]
    return Progress(stage, start + (stop - start) * share)
