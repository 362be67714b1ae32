"""Blends from MIDI files to a MIDI file, in process, as the service makes them for a request of the gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from score import midi
from score.model import Score
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.expression.performance import perform
from vae.models.model_registry import ModelRegistry
from vae.pieces.piece import read_midi
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore

from ...data.heldout import pitch_class_histogram
from ..key_estimation import estimate_key, transpose_to_signature

KeySignature = tuple[int, bool]
"""Sharps (positive) or flats, and whether the key is minor."""


@dataclass(frozen=True)
class MidiBlend:
    """A blend as a MIDI file, and as a result of the service's code."""

    data: bytes
    result: BlendResult


def transpose_to_common_key(scores: Sequence[Score]) -> tuple[list[bytes], KeySignature | None]:
    """Return pieces as MIDI files in the key signature of the first one with pitches, and that key.

    Pieces of drums alone stay as they are; the key is None where all are. The gateway does the same, but its transposer
    finds the keys by a model.
    """
    keys = [estimate_key(score) if pitch_class_histogram(score).any() else None for score in scores]
    common = next((key for key in keys if key is not None), None)
    files = [
        midi.write(score if key is None or common is None else transpose_to_signature(score, key, common)[0])
        for score, key in zip(scores, keys, strict=True)
    ]
    return files, None if common is None else (common.fifths, common.is_minor)


def blend_files(
    registry: ModelRegistry, files: Sequence[bytes], options: BlendOptions, cache: ReconstructionCache | None = None
) -> MidiBlend:
    """Blend MIDI files.

    Parameters
    ----------
    registry : ModelRegistry
    files : sequence of bytes
    options : BlendOptions
    cache : ReconstructionCache, optional
        Reconstructions of earlier blends.

    Raises
    ------
    Fault
        What the service refuses.
    """
    pieces = [read_midi(data) for data in files]
    options.weights.validate(len(pieces))
    store = ReconstructionStore(registry, options.sampling_options, cache)
    result = run_to_end(blend(registry, pieces, options, store=store))
    score = perform(result)
    return MidiBlend(midi.write(score), result)
