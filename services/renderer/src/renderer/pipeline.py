"""Render pipeline: from a MIDI file to the bytes of an audio file, as one generator."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import Counter, Histogram
from score import midi
from score.arrays import F32
from score.model import Score
from score.roles import Role, apply_drum_overrides
from servicekit import logs

from renderer.encoding.encoder import N_CHANNELS, AudioFormat, check_sample_rate, make_encoder, wav_size_bytes
from renderer.encoding.waveform import PeakMeter, Peaks
from renderer.loudness.frame_spool import FrameSpool
from renderer.loudness.gain import GainSetting, measure_gain, until_cancelled
from renderer.loudness.mastering import master
from renderer.loudness.prediction import predict_gain
from renderer.render_settings import LoudnessMethod, RenderSettings
from renderer.soundfonts import SoundFontLibrary
from renderer.stems import Overrides, Stem, audible_tracks, role_tracks
from renderer.synthesis.performance import Performance, perform
from renderer.synthesis.player import N_PLAYERS, synthesize

RENDER_SECONDS = Histogram(
    "segue_render_seconds",
    "Seconds from the start of a render to its end, by file format; a slow reader's time counts.",
    ["format"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
RENDERED_AUDIO_SECONDS = Counter("segue_rendered_audio_seconds", "Seconds of audio rendered to their end.")

_UNKNOWN_GAIN = GainSetting(0.0, None)
_MAX_CACHED_GAINS = 4096
"""A piece is usually measured before it is rendered; then its predicted gain is in the cache."""


@dataclass(frozen=True, slots=True)
class AudioHeader:
    """Properties of the audio that are known before the first frame.

    Attributes
    ----------
    sample_rate_hz, n_channels, n_frames : int
        Format and length of the audio.
    n_bytes : int
        Size of a WAV file; 0 for other formats.
    soundfont : str
        Name of the SoundFont.
    media_type : str
        As in HTTP's Content-Type.
    gain : float
        The synthesizer's gain; 0 if it is not known yet.
    loudness_lufs : float or None
        Integrated loudness of the whole piece; None if it is not known.
    """

    sample_rate_hz: int
    n_channels: int
    n_frames: int
    n_bytes: int
    soundfont: str
    media_type: str
    gain: float
    loudness_lufs: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """Result of measuring a piece without rendering it: the header, and the tracks of each role."""

    header: AudioHeader
    stems: dict[Role, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _RenderTask:
    """A piece to be rendered.

    Attributes
    ----------
    digest : bytes
        SHA-256 of the MIDI file and of which tracks play drums.
    full_mix : Performance
        All tracks; they determine the length and the gain.
    audible : Performance
        The tracks of the stem; the same object as ``full_mix`` without a stem.
    soundfont : Path
        File of the SoundFont.
    settings : RenderSettings
        As requested.
    audio_format : AudioFormat
        Format of the file.
    """

    digest: bytes
    full_mix: Performance
    audible: Performance
    soundfont: Path
    settings: RenderSettings
    audio_format: AudioFormat


class RenderPipeline:
    """Renders MIDI files with the SoundFonts of a library.

    Parameters
    ----------
    soundfonts : SoundFontLibrary
        Provides synthesizers and note profiles.
    """

    def __init__(self, soundfonts: SoundFontLibrary) -> None:
        self.soundfonts = soundfonts
        self._gains: dict[tuple[bytes, Path, RenderSettings], GainSetting] = {}

    def measure(
        self, data: bytes, audio_format: AudioFormat, settings: RenderSettings, overrides: Overrides | None = None
    ) -> Measurement:
        """Compute the length and the gain of a MIDI file's audio, and its stems.

        Parameters
        ----------
        data : bytes
            A Standard MIDI File.
        audio_format : AudioFormat
            Format of the audio file.
        settings : RenderSettings
            How it would be rendered.
        overrides : mapping, optional
            Roles that a user has set, by track.

        Raises
        ------
        MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes
            As `score.midi.parse`.
        SoundFontNotFound
            If there is no SoundFont of that name.
        InvalidInput
            If the format does not support the sample rate, or an override names a track that does not exist.
        """
        score = midi.parse(data)
        task = self._task(data, score, audio_format, settings, Stem(overrides=overrides or {}))
        gain = self._gain_without_rendering(task) or _UNKNOWN_GAIN
        return Measurement(_header(task, gain), role_tracks(score, overrides or {}))

    def render(
        self,
        cancelled: threading.Event,
        data: bytes,
        audio_format: AudioFormat,
        settings: RenderSettings,
        stem: Stem | None = None,
        n_peaks: int = 0,
    ) -> Iterator[AudioHeader | bytes | Peaks]:
        """Render a MIDI file.

        Parameters
        ----------
        cancelled : threading.Event
            Ends the render at the next block of frames.
        data : bytes
            A Standard MIDI File.
        audio_format : AudioFormat
            Format of the audio file.
        settings : RenderSettings
            How it is rendered.
        stem : Stem, optional
            The tracks that are audible; all by default.
        n_peaks : int
            Number of the waveform's buckets; 0 for none.

        Yields
        ------
        AudioHeader, bytes or Peaks
            The header, then the file's bytes and the waveform's peaks as they become known, none of them empty.

        Raises
        ------
        Cancelled
            If ``cancelled`` is set meanwhile.
        MidiUnreadable, UnsupportedTimeDivision, MidiTooLarge, NoNotes, SoundFontNotFound
            As `measure`.
        InvalidInput
            If the format does not support the sample rate, or the piece has no track or role that the stem names.
        """
        task = self._task(data, midi.parse(data), audio_format, settings, stem or Stem())
        started_s = time.monotonic()
        with ExitStack() as stack:
            gain, blocks = self._start_playback(stack, cancelled, task)
            yield _header(task, gain)
            mastered = master(until_cancelled(cancelled, blocks), task.audible, gain.gain)
            yield from _encode(mastered, task, n_peaks)
        _record_metrics(task, time.monotonic() - started_s)

    def _task(
        self, data: bytes, score: Score, audio_format: AudioFormat, settings: RenderSettings, stem: Stem
    ) -> _RenderTask:
        check_sample_rate(audio_format, settings.sample_rate_hz)
        score = apply_drum_overrides(score, stem.overrides)
        full_mix = perform(score, settings.sample_rate_hz)
        audible = full_mix
        if not stem.is_full_mix:
            audible = perform(score, settings.sample_rate_hz, audible_tracks(score, stem))
        digest = hashlib.sha256(data + bytes(track.is_drum for track in score.tracks)).digest()
        return _RenderTask(digest, full_mix, audible, self.soundfonts.find(settings.soundfont), settings, audio_format)

    def _start_playback(
        self, stack: ExitStack, cancelled: threading.Event, task: _RenderTask
    ) -> tuple[GainSetting, Iterator[F32]]:
        """Determine the gain and start to synthesize the audible tracks.

        A measured gain needs the whole mix first. It is spooled to disk meanwhile, and played from there if it is
        what the caller wants, so that nothing is synthesized twice.
        """
        known = self._gain_without_rendering(task)
        if known is not None:
            return known, self._synthesize(stack, task, task.audible)
        spool = stack.enter_context(FrameSpool())
        with ExitStack() as measuring:
            blocks = self._synthesize(measuring, task, task.full_mix)
            gain = measure_gain(cancelled, blocks, spool, task.full_mix, task.settings.loudness.target_lufs)
        if task.audible is task.full_mix:
            return gain, spool.replay()
        return gain, self._synthesize(stack, task, task.audible)

    def _gain_without_rendering(self, task: _RenderTask) -> GainSetting | None:
        """Return the given or predicted gain; None if it has to be measured."""
        settings = task.settings
        if settings.gain is not None:
            return GainSetting(settings.gain, None)
        if settings.loudness.method is LoudnessMethod.MEASURED:
            return None
        key = task.digest, task.soundfont, settings
        if (cached := self._gains.get(key)) is not None:
            return cached
        profiles = self.soundfonts.note_profiles(task.soundfont)
        gain = predict_gain(task.full_mix, profiles, settings.effects, settings.loudness.target_lufs)
        while len(self._gains) >= _MAX_CACHED_GAINS:
            self._gains.pop(next(iter(self._gains)), None)
        self._gains[key] = gain
        return gain

    def _synthesize(self, stack: ExitStack, task: _RenderTask, performance: Performance) -> Iterator[F32]:
        context = self.soundfonts.synthesizers(
            task.soundfont, performance.sample_rate_hz, len(performance.parts), N_PLAYERS
        )
        synthesizers = stack.enter_context(context)
        for synthesizer in synthesizers:
            synthesizer.set_effects(task.settings.effects)
        blocks = synthesize(performance, synthesizers)
        # Its threads must end before the synthesizers are closed, also if the caller does not read to the end.
        stack.callback(blocks.close)
        return blocks


def _encode(mastered: Iterator[F32], task: _RenderTask, n_peaks: int) -> Iterator[bytes | Peaks]:
    performance = task.audible
    encoder = make_encoder(task.audio_format, performance.sample_rate_hz, performance.n_frames)
    peak_meter = PeakMeter(n_peaks, performance.n_frames)
    for frames in mastered:
        if data := encoder.encode(frames):
            yield data
        peaks = peak_meter.push(frames)
        if len(peaks.minimums):
            yield peaks
    if data := encoder.finish():
        yield data


def _record_metrics(task: _RenderTask, took_s: float) -> None:
    performance = task.audible
    audio_s = performance.n_frames / performance.sample_rate_hz
    RENDER_SECONDS.labels(task.audio_format.value).observe(took_s)
    RENDERED_AUDIO_SECONDS.inc(audio_s)
    logs.get_logger().info(
        "score.rendered",
        messages=len(performance.messages),
        parts=len(performance.parts),
        format=task.audio_format.value,
        audio_s=round(audio_s, 1),
        took_ms=round(1000 * took_s),
    )


def _header(task: _RenderTask, gain: GainSetting) -> AudioHeader:
    performance, is_wav = task.full_mix, task.audio_format is AudioFormat.WAV
    return AudioHeader(
        sample_rate_hz=performance.sample_rate_hz,
        n_channels=N_CHANNELS,
        n_frames=performance.n_frames,
        n_bytes=wav_size_bytes(performance.n_frames) if is_wav else 0,
        soundfont=task.soundfont.stem,
        media_type=task.audio_format.media_type,
        gain=gain.gain,
        loudness_lufs=gain.lufs,
    )
