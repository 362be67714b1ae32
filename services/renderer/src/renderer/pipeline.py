"""Render pipeline: from a MIDI file to the bytes of an audio file, as one generator."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Generator, Iterator
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
from renderer.mixdown import TrackGroup, level_groups, mix, side_by_side, stem_groups
from renderer.render_settings import LoudnessMethod, RenderSettings
from renderer.soundfonts import SoundFontLibrary
from renderer.stems import Overrides, Stem, role_tracks
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
class OutputOptions:
    """What the rendered file contains besides the mix, and how large it is.

    Attributes
    ----------
    n_peaks : int
        Number of the waveform's buckets; 0 for none.
    bit_rate_bps : int or None
        Average bit rate of Opus; None for the format's own.
    separate_stems : bool
        Whether the channels of the stems follow those of the mix.
    """

    n_peaks: int = 0
    bit_rate_bps: int | None = None
    separate_stems: bool = False


_DEFAULT_OUTPUT = OutputOptions()


@dataclass(frozen=True, slots=True)
class _RenderTask:
    """A piece to be rendered.

    Attributes
    ----------
    digest : bytes
        SHA-256 of the MIDI file and of which tracks play drums.
    full_mix : Performance
        All tracks; they determine the length and the gain.
    groups : tuple of Performance
        What is synthesized; ``full_mix`` alone, the same object, if all tracks are as loud as in the piece.
    levels : tuple of float
        Factor of the amplitude of each group.
    soundfont : Path
        File of the SoundFont.
    settings : RenderSettings
        As requested.
    audio_format : AudioFormat
        Format of the file.
    output : OutputOptions
        What else the file contains.
    """

    digest: bytes
    full_mix: Performance
    groups: tuple[Performance, ...]
    levels: tuple[float, ...]
    soundfont: Path
    settings: RenderSettings
    audio_format: AudioFormat
    output: OutputOptions

    @property
    def n_channels(self) -> int:
        """Number of channels of the file."""
        return N_CHANNELS * (1 + len(self.groups)) if self.output.separate_stems else N_CHANNELS


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
        self,
        data: bytes,
        audio_format: AudioFormat,
        settings: RenderSettings,
        overrides: Overrides | None = None,
        output: OutputOptions = _DEFAULT_OUTPUT,
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
        output : OutputOptions, optional
            What else the file would contain.

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
        task = self._task(data, score, audio_format, settings, Stem(overrides=overrides or {}), output)
        gain = self._gain_without_rendering(task) or _UNKNOWN_GAIN
        return Measurement(_header(task, gain), role_tracks(score, overrides or {}))

    def render(
        self,
        cancelled: threading.Event,
        data: bytes,
        audio_format: AudioFormat,
        settings: RenderSettings,
        stem: Stem | None = None,
        output: OutputOptions = _DEFAULT_OUTPUT,
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
        output : OutputOptions, optional
            What else the file contains; separate stems only as WAV and without a stem.

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
        task = self._task(data, midi.parse(data), audio_format, settings, stem or Stem(), output)
        started_s = time.monotonic()
        with ExitStack() as stack:
            gain, blocks = self._start_playback(stack, cancelled, task)
            yield _header(task, gain)
            mastered = master(until_cancelled(cancelled, blocks), task.full_mix, gain.gain)
            yield from _encode(mastered, task)
        _record_metrics(task, time.monotonic() - started_s)

    def _task(
        self,
        data: bytes,
        score: Score,
        audio_format: AudioFormat,
        settings: RenderSettings,
        stem: Stem,
        output: OutputOptions = _DEFAULT_OUTPUT,
    ) -> _RenderTask:
        check_sample_rate(audio_format, settings.sample_rate_hz)
        score = apply_drum_overrides(score, stem.overrides)
        full_mix = perform(score, settings.sample_rate_hz)
        groups: tuple[TrackGroup, ...] = ()
        if output.separate_stems:
            groups = stem_groups(score, stem)
        elif not stem.is_full_mix:
            groups = level_groups(score, stem)
        return _RenderTask(
            digest=hashlib.sha256(data + bytes(track.is_drum for track in score.tracks)).digest(),
            full_mix=full_mix,
            groups=tuple(perform(score, settings.sample_rate_hz, group.tracks) for group in groups) or (full_mix,),
            levels=tuple(group.level for group in groups) or (1.0,),
            soundfont=self.soundfonts.find(settings.soundfont),
            settings=settings,
            audio_format=audio_format,
            output=output,
        )

    def _start_playback(
        self, stack: ExitStack, cancelled: threading.Event, task: _RenderTask
    ) -> tuple[GainSetting, Iterator[F32]]:
        """Determine the gain and start to synthesize the audible tracks.

        A measured gain needs the whole mix first. It is spooled to disk meanwhile, and played from there if it is
        what the caller wants, so that nothing is synthesized twice.
        """
        known = self._gain_without_rendering(task)
        if known is not None:
            return known, self._synthesize_groups(stack, task)
        spool = stack.enter_context(FrameSpool())
        with ExitStack() as measuring:
            blocks = self._synthesize(measuring, task, task.full_mix)
            gain = measure_gain(cancelled, blocks, spool, task.full_mix, task.settings.loudness.target_lufs)
        if task.groups == (task.full_mix,) and not task.output.separate_stems:
            return gain, spool.replay()
        return gain, self._synthesize_groups(stack, task)

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

    def _synthesize_groups(self, stack: ExitStack, task: _RenderTask) -> Iterator[F32]:
        streams = [self._synthesize(stack, task, group) for group in task.groups]
        blocks = side_by_side(streams) if task.output.separate_stems else mix(streams, task.levels)
        stack.callback(blocks.close)
        return blocks

    def _synthesize(self, stack: ExitStack, task: _RenderTask, performance: Performance) -> Generator[F32, None, None]:
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


def _encode(mastered: Iterator[F32], task: _RenderTask) -> Iterator[bytes | Peaks]:
    rate_hz, n_frames = task.full_mix.sample_rate_hz, task.full_mix.n_frames
    encoder = make_encoder(task.audio_format, rate_hz, n_frames, task.n_channels, task.output.bit_rate_bps)
    peak_meter = PeakMeter(task.output.n_peaks, n_frames)
    for frames in mastered:
        if data := encoder.encode(frames):
            yield data
        peaks = peak_meter.push(frames)
        if len(peaks.minimums):
            yield peaks
    if data := encoder.finish():
        yield data


def _record_metrics(task: _RenderTask, took_s: float) -> None:
    performance = task.full_mix
    audio_s = performance.n_frames / performance.sample_rate_hz
    RENDER_SECONDS.labels(task.audio_format.value).observe(took_s)
    RENDERED_AUDIO_SECONDS.inc(audio_s)
    logs.get_logger().info(
        "score.rendered",
        messages=sum(len(group.messages) for group in task.groups),
        parts=len(performance.parts),
        format=task.audio_format.value,
        audio_s=round(audio_s, 1),
        took_ms=round(1000 * took_s),
    )


def _header(task: _RenderTask, gain: GainSetting) -> AudioHeader:
    performance, is_wav = task.full_mix, task.audio_format is AudioFormat.WAV
    return AudioHeader(
        sample_rate_hz=performance.sample_rate_hz,
        n_channels=task.n_channels,
        n_frames=performance.n_frames,
        n_bytes=wav_size_bytes(performance.n_frames, task.n_channels) if is_wav else 0,
        soundfont=task.soundfont.stem,
        media_type=task.audio_format.media_type,
        gain=gain.gain,
        loudness_lufs=gain.lufs,
    )
