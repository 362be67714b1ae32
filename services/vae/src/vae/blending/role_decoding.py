"""Decoding of one role in two phases: prepare requests, decode those of several blends together, take the results.

1. `prepare_decoding` interpolates the parents' latents of a role and builds the request for the windows that need to be
   decoded: each distinct window between the parents, once.
2. `decode_together` decodes the requests of all blends in the same batches, with those of parents whose
   reconstructions are pending.
3. `finish_decoding` takes the parents' reconstructions and the decoded windows and applies fallback, rests and distance
   floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import F32, I8, I16, I64
from score.chords import NO_CHORD, window_triads
from score.roles import Role

from vae.blending.blend_context import BlendContext
from vae.blending.blend_options import BlendOptions
from vae.blending.distance_floor import apply_distance_floor
from vae.blending.fallback import nearest_reconstruction, replace_unreconstructable
from vae.blending.interpolation import RoleInterpolation, interpolate_role
from vae.blending.latents import flatten_weights
from vae.conditioning.interval_prior import interval_logits
from vae.conditioning.logit_bias import chord_tone_bias, harmony_context, pitch_bias
from vae.models.batching import DecodeRequest
from vae.models.model_registry import CancellationCheck, ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import ROLE_SPECS
from vae.reconstruction.store import Reconstruction, ReconstructionStore


@dataclass(frozen=True)
class RoleDecoding:
    """One role of one blend, ready to be decoded.

    Attributes
    ----------
    interpolation : RoleInterpolation
        Of the distinct windows only.
    unique_index : ndarray, shape (n_windows,), int64
        The distinct window at each window of the blend.
    harmony : ndarray, shape (n_unique, n_steps, n_voices), int16, or None
        The blended harmony that the role is decoded on.
    rows : ndarray, shape (n_rows,), int64
        The distinct windows to decode: those between the parents. The others are a parent's
        reconstruction.
    request : DecodeRequest or None
        For these rows; None if there are none.
    """

    interpolation: RoleInterpolation
    unique_index: I64
    harmony: I16 | None
    rows: I64
    request: DecodeRequest | None


def prepare_decoding(
    context: BlendContext, role: Role, parent_latents: Sequence[F32], decoded: Mapping[Role, I16]
) -> RoleDecoding:
    """Interpolate a role and build its decode request.

    Parameters
    ----------
    context : BlendContext
    role : Role
    parent_latents : sequence of ndarray, shape (n_windows of the parent, latent_size), float32
        One for each parent.
    decoded : mapping of Role to ndarray, int16
        The finished windows of the roles before.
    """
    interpolation = interpolate_role(role, context.pieces, parent_latents, context.alignment, context.shares)
    harmony = harmony_context(role, decoded, context.shares)
    first, unique_index = interpolation.unique_windows(harmony)
    # A chord depends on the chord before it: recognize the chords of the whole role.
    chords = _conditioning_chords(interpolation, harmony)[first]
    unique, harmony = interpolation.take(first), None if harmony is None else harmony[first]
    options = context.options
    rows = np.flatnonzero(unique.is_sounding if options.is_unconstrained else unique.is_between)
    request = None
    if len(rows):
        row_harmony = None if harmony is None else harmony[rows]
        request = _build_request(unique.take(rows), options, chords[rows], row_harmony)
    return RoleDecoding(unique, unique_index, harmony, rows, request)


def _conditioning_chords(interpolation: RoleInterpolation, harmony: I16 | None) -> I8:
    """Return the chords that the decoders are conditioned on, shape (n_windows, BEATS_PER_WINDOW).

    They are the blended harmony's; where it has none, or the parents agree, the nearest parent's own.
    """
    own = interpolation.from_nearest_parent([piece.chords for piece in interpolation.pieces]).astype(np.int8)
    if harmony is None:
        return own
    blended = window_triads(harmony)
    is_new = interpolation.is_between & (interpolation.divergence > 0)
    return np.where(is_new[:, None] & (blended != NO_CHORD), blended, own)


def _build_request(
    interpolation: RoleInterpolation, options: BlendOptions, chords: I8, harmony: I16 | None
) -> DecodeRequest:
    """Build the request for windows between the parents: latents, weights, and all biases of their tokens."""
    role, spec = interpolation.role, ROLE_SPECS[interpolation.role]
    pieces, shares, divergence = interpolation.pieces, interpolation.shares, interpolation.divergence
    bias = intervals = None
    if not options.is_unconstrained:
        bias = pitch_bias(pieces, interpolation.alignment, role, shares)
        intervals = interval_logits(pieces, role, shares, divergence)
        if bias is not None and harmony is not None:
            bias = bias + chord_tone_bias(harmony, divergence, interpolation.has_fixed_harmony)
    window_keys = interpolation.window_keys()
    sampling = SamplingParams(spec, options.seed, options.temperature, bias, window_keys, intervals)
    return DecodeRequest(interpolation.latents, flatten_weights(shares, spec.weight_exponent), chords, sampling)


def decode_together(
    registry: ModelRegistry,
    store: ReconstructionStore,
    decodings: Sequence[RoleDecoding],
    check_cancelled: CancellationCheck,
) -> list[I16 | None]:
    """Decode one role of several blends, and of their parents where needed, in the same batches.

    Parameters
    ----------
    registry : ModelRegistry
    store : ReconstructionStore
        Holds the reconstructions of all parents afterwards.
    decodings : sequence of RoleDecoding
        Of one role.
    check_cancelled : CancellationCheck
        Called before every batch.

    Returns
    -------
    list of ndarray, shape (n_rows, n_steps) or (n_rows, n_steps, n_voices), int16, or None
        The rows of each decoding; None where it has none.
    """
    decoded: list[I16 | None] = [None] * len(decodings)
    # Blends may have different meters; only windows of one length fit in a batch.
    for n_steps in sorted({each.interpolation.n_steps for each in decodings}):
        indices = [index for index, each in enumerate(decodings) if each.interpolation.n_steps == n_steps]
        role = decodings[indices[0]].interpolation.role
        pieces = [piece for index in indices for piece in decodings[index].interpolation.pieces]
        pending = store.pending(pieces, role)
        requests = {index: request for index in indices if (request := decodings[index].request) is not None}
        all_requests = [*(store.decode_request(piece, role) for piece in pending), *requests.values()]
        windows = registry.decode(role, all_requests, n_steps, check_cancelled)
        for piece, piece_windows in zip(pending, windows, strict=False):
            store.complete(piece, role, piece_windows)
        for index, row_windows in zip(requests, windows[len(pending) :], strict=True):
            decoded[index] = row_windows
    return decoded


def finish_decoding(
    decoding: RoleDecoding, decoded: I16 | None, reconstructions: Sequence[Reconstruction], options: BlendOptions
) -> tuple[I16, int]:
    """Build the finished windows of a role.

    Parameters
    ----------
    decoding : RoleDecoding
    decoded : ndarray, shape (n_rows, n_steps) or (n_rows, n_steps, n_voices), int16, or None
        From `decode_together`.
    reconstructions : sequence of Reconstruction
        One for each parent.
    options : BlendOptions

    Returns
    -------
    tuple of (ndarray, int)
        The windows, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16; and how many of them are a
        parent's own, because its model cannot reconstruct it.
    """
    interpolation, index = decoding.interpolation, decoding.unique_index
    windows = nearest_reconstruction(interpolation, reconstructions)
    if decoded is not None:
        windows[decoding.rows] = decoded
    if options.is_unconstrained:
        return interpolation.apply_rests(windows)[index], 0
    windows, is_own = replace_unreconstructable(interpolation, reconstructions, windows, decoding.harmony)
    windows = apply_distance_floor(interpolation, reconstructions, interpolation.apply_rests(windows))
    return windows[index], int(is_own[index].sum())
