"""From a MIDI file to audio: what the service does, without how it is called."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from prometheus_client import Counter, Histogram
from score import midi
from score.model import Score
from score.roles import Role
from servicekit import logs

from renderer.encoding.encoder import CHANNELS, Format, check_rate, make_encoder, wav_byte_count
from renderer.encoding.waveform import Peaks, Waveform
from renderer.loudness.frame_spool import Spool
from renderer.loudness.gain import Level, measured_level, watched
from renderer.loudness.mastering import master
from renderer.loudness.prediction import predicted_level
from renderer.render_settings import Method, Sound
from renderer.soundfonts import SoundFonts
from renderer.stems import Overrides, Stem, audible_tracks, role_tracks
from renderer.synthesis.performance import Performance, perform
from renderer.synthesis.player import PLAYER_COUNT, play

RENDER_SECONDS = Histogram(
    "segue_render_seconds",
    "Seconds from the start of a render to its end, by file format; a slow reader's time counts.",
    ["format"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
RENDERED_AUDIO_SECONDS = Counter("segue_rendered_audio_seconds", "Seconds of audio rendered to their end.")

_UNKNOWN = Level(0.0, None)
_LEVELS_KEPT = 4096
"""Foreseen levels: whoever measured a piece will render it, and then the gain is there at once."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the audio is, known before its first sound; fields as in the contract's `AudioHeader`."""

    sample_rate_hz: int
    channel_count: int
    frame_count: int
    byte_count: int
    soundfont: str
    media_type: str
    gain: float
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is known of a piece without rendering it: the header, and the tracks that play each role it has."""

    header: Header
    stems: dict[Role, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece to be rendered: all of it, which sets length and level, and what of it is heard."""

    digest: bytes
    whole: Performance
    heard: Performance
    soundfont: Path
    sound: Sound
    file_format: Format


class Studio:
    """Renders pieces with the SoundFonts that it has.

    Parameters
    ----------
    soundfonts : SoundFonts
        Where they come from.
    """

    def __init__(self, soundfonts: SoundFonts) -> None:
        self.soundfonts = soundfonts
        self._levels: dict[tuple[bytes, Path, Sound], Level] = {}

    def measure(
        self, data: bytes, file_format: Format, sound: Sound, overrides: Overrides | None = None
    ) -> Measurement:
        """Tell how long and how loud a MIDI file's audio will be, and what stems it has.

        Raises
        ------
        MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes
            As `score.midi.parse`.
        SoundFontNotFound
            If there is no SoundFont of that name.
        InvalidInput
            If the format lacks the sample rate, or an override names a track that is not there.
        """
        score = midi.parse(data)
        piece = self._piece(data, score, file_format, sound, Stem())
        level = self._foreseen(piece) or _UNKNOWN
        return Measurement(_header(piece, level), role_tracks(score, overrides or {}))

    def render(
        self,
        cancelled: threading.Event,
        data: bytes,
        file_format: Format,
        sound: Sound,
        stem: Stem | None = None,
        peak_count: int = 0,
    ) -> Iterator[Header | bytes | Peaks]:
        """Yield the header, then the file's bytes and the waveform's peaks as they are made, none of them empty.

        Raises
        ------
        Cancelled
            If ``cancelled`` is set on the way.
        MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes, SoundFontNotFound
            As `measure`.
        InvalidInput
            If the format lacks the sample rate, or the piece a track or a role of the stem.
        """
        piece = self._piece(data, midi.parse(data), file_format, sound, stem or Stem())
        started_s = time.monotonic()
        with ExitStack() as stack:
            level, played = self._levelled(stack, cancelled, piece)
            yield _header(piece, level)
            mastered = master(watched(cancelled, played), piece.heard, level.gain)
            yield from _encoded(mastered, piece, peak_count)
        _record(piece, time.monotonic() - started_s)

    def _piece(self, data: bytes, score: Score, file_format: Format, sound: Sound, stem: Stem) -> _Piece:
        check_rate(file_format, sound.sample_rate_hz)
        whole = perform(score, sound.sample_rate_hz)
        heard = whole if stem.is_whole else perform(score, sound.sample_rate_hz, audible_tracks(score, stem))
        digest = hashlib.sha256(data).digest()
        return _Piece(digest, whole, heard, self.soundfonts.find(sound.soundfont), sound, file_format)

    def _levelled(
        self, stack: ExitStack, cancelled: threading.Event, piece: _Piece
    ) -> tuple[Level, Iterator[NDArray[np.float32]]]:
        """Find the gain, and begin to play what is heard."""
        foreseen = self._foreseen(piece)
        if foreseen is not None:
            return foreseen, self._played(stack, piece, piece.heard)
        spool = stack.enter_context(Spool())
        with ExitStack() as first:
            played = self._played(first, piece, piece.whole)
            level = measured_level(cancelled, played, spool, piece.whole, piece.sound.loudness.target_lufs)
        if piece.heard is piece.whole:
            return level, spool.play()
        return level, self._played(stack, piece, piece.heard)

    def _foreseen(self, piece: _Piece) -> Level | None:
        """Give the level where it can be told before the first sound."""
        sound = piece.sound
        if sound.gain is not None:
            return Level(sound.gain, None)
        if sound.loudness.method is Method.MEASURED:
            return None
        key = piece.digest, piece.soundfont, sound
        if (known := self._levels.get(key)) is not None:
            return known
        imprints = self.soundfonts.imprints(piece.soundfont)
        level = predicted_level(piece.whole, imprints, sound.effects, sound.loudness.target_lufs)
        while len(self._levels) >= _LEVELS_KEPT:
            self._levels.pop(next(iter(self._levels)), None)
        self._levels[key] = level
        return level

    def _played(self, stack: ExitStack, piece: _Piece, performance: Performance) -> Iterator[NDArray[np.float32]]:
        taken = self.soundfonts.synthesizers(
            piece.soundfont, performance.sample_rate_hz, len(performance.parts), PLAYER_COUNT
        )
        synthesizers = stack.enter_context(taken)
        for synthesizer in synthesizers:
            synthesizer.set_effects(piece.sound.effects)
        played = play(performance, synthesizers)
        # Its threads end before the synthesisers are closed, also where nobody reads to the end.
        stack.callback(played.close)
        return played


def _encoded(mastered: Iterator[NDArray[np.float32]], piece: _Piece, peak_count: int) -> Iterator[bytes | Peaks]:
    performance = piece.heard
    encoder = make_encoder(piece.file_format, performance.sample_rate_hz, performance.frame_count)
    waveform = Waveform(peak_count, performance.frame_count)
    for frames in mastered:
        if data := encoder.encode(frames):
            yield data
        peaks = waveform.push(frames)
        if len(peaks.minimums):
            yield peaks
    if data := encoder.finish():
        yield data


def _record(piece: _Piece, took_s: float) -> None:
    performance = piece.heard
    audio_s = performance.frame_count / performance.sample_rate_hz
    RENDER_SECONDS.labels(piece.file_format.value).observe(took_s)
    RENDERED_AUDIO_SECONDS.inc(audio_s)
    logs.get_logger().info(
        "score.rendered",
        messages=len(performance.messages),
        parts=len(performance.parts),
        format=piece.file_format.value,
        audio_s=round(audio_s, 1),
        took_ms=round(1000 * took_s),
    )


def _header(piece: _Piece, level: Level) -> Header:
    performance, is_wav = piece.whole, piece.file_format is Format.WAV
    return Header(
        sample_rate_hz=performance.sample_rate_hz,
        channel_count=CHANNELS,
        frame_count=performance.frame_count,
        byte_count=wav_byte_count(performance.frame_count) if is_wav else 0,
        soundfont=piece.soundfont.stem,
        media_type=piece.file_format.media_type,
        gain=level.gain,
        loudness_lufs=level.lufs,
    )
