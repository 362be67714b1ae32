"""What the models of rhythm and contour decode between the parents' leads, window by window.

The parents' lead bars that meet are arranged in the windows of `vae.phrases.windows.pair_bars`. Each factor of each
parent is encoded to a latent; the latents are interpolated along great circles by the shares of a window, and decoded.
A rhythm with more onsets than the denser parent, or fewer than the sparser one, is decoded again with a bias on onsets.
Both factors are independent of each other: the rhythm may be one parent's and the contour lie between, or the other way
round. A window that repeats with equal shares is decoded once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from score.arrays import F32, F64, I8, I16, I64, Bool
from score.chords import BEATS_PER_WINDOW
from score.encoding import BARS_PER_WINDOW, HOLD, pitch_of_event
from score.roles import Role

from vae.blending.latents import flatten_weights, slerp_mean
from vae.models.batching import DecodeRequest
from vae.models.model_registry import CancellationCheck, ModelRegistry, never_cancelled
from vae.models.sampling import SamplingParams
from vae.models.specs import MODEL_SPECS, LeadFactor
from vae.phrases.composition import BlendPlan
from vae.phrases.lead_windows import LeadWindows, arrange_lead, blend_triads
from vae.phrases.windows import pair_bars
from vae.pieces.lead_factors import ONSET_TOKEN, factor_tokens
from vae.pieces.window_events import sounding_windows
from vae.reconstruction.store import SamplingOptions

BarRhythm = tuple[tuple[int, int], ...]
"""Onset and duration in steps of each note of a bar; the last one may cross the bar line."""

BarContour = tuple[tuple[float, int], ...]
"""Where the pitch of a bar changes: onset in bars from its bar line, 0 to 1, and MIDI pitch. The first onset is 0."""

_MIN_SHARE_ALONE = 0.25
"""Where the parents rest whose shares of the rhythm exceed 1 less this, the blend rests too."""

_ONSET_BIASES = (0.5, 1.0, 2.0, 3.0)
"""Tried on the logits of onsets where a rhythm has fewer onsets than all parents; negated, where it has more."""

_SHARE_DECIMALS = 4


@dataclass(frozen=True)
class LeadBetween:
    """The decoded factors of a lead, by bar of the blend.

    Attributes
    ----------
    rhythm : list of BarRhythm
        Empty where the lead rests.
    contour : list of BarContour
        Empty in windows in which no parent sings. The pitch at any time is that of the last change before it, so that
        it can be read at the onsets of any rhythm: see `pitch_at`.
    """

    rhythm: list[BarRhythm]
    contour: list[BarContour]


def pitch_at(contour: BarContour, onset_bars: float) -> int:
    """Return the pitch of the contour of a bar at a time, in bars from its bar line.

    Examples
    --------
    >>> pitch_at(((0.0, 60), (0.5, 64)), 0.5), pitch_at(((0.0, 60), (0.5, 64)), 0.25)
    (64, 60)
    """
    return next(pitch for onset, pitch in reversed(contour) if onset <= onset_bars)


def decode_lead_between(
    registry: ModelRegistry,
    plan: BlendPlan,
    shares: Mapping[LeadFactor, F64],
    sampling: SamplingOptions,
    check_cancelled: CancellationCheck = never_cancelled,
) -> LeadBetween:
    """Decode the rhythm and the contour between the parents' leads.

    With all of the shares, a parent's own reconstruction comes back. A parent that rests in a window leaves its share
    to those who sing there; where they have less than a quarter of the rhythm, the blend rests.

    Parameters
    ----------
    registry : ModelRegistry
    plan : BlendPlan
        Its slots say which bars of the parents meet, and its chords condition the contour.
    shares : mapping of LeadFactor to ndarray, shape (n_bars, n_parents), float64
        Of the rhythm and of the contour by bar of the blend; rows sum to 1. The bars of a window are averaged.
    sampling : SamplingOptions
        Seed and temperature.
    check_cancelled : CancellationCheck
        Called before every batch.
    """
    bars = pair_bars(plan)
    arranged = [arrange_lead(plan, side, bars) for side in range(len(plan.parents))]
    sounding = np.stack([sounding_windows(each.windows, Role.LEAD) for each in arranged], axis=1)
    effective = {factor: _sounding_shares(shares[factor][np.array(bars)].mean(axis=1), sounding) for factor in shares}
    total = (shares[LeadFactor.RHYTHM][np.array(bars)].mean(axis=1) * sounding).sum(axis=1)
    effective[LeadFactor.RHYTHM][total < _MIN_SHARE_ALONE] = 0.0
    chords = blend_triads(plan, bars)
    decoded = {
        factor: _decode_factor(registry, factor, arranged, effective[factor], chords, sampling, check_cancelled)
        for factor in LeadFactor
    }
    is_tied = _tied_windows(arranged, effective[LeadFactor.RHYTHM])
    rhythm = _to_rhythms(decoded[LeadFactor.RHYTHM], bars, plan, is_tied)
    is_sung = np.asarray(effective[LeadFactor.CONTOUR].any(axis=1))
    return LeadBetween(rhythm, _to_contours(decoded[LeadFactor.CONTOUR], bars, plan, is_sung))


def _sounding_shares(shares: F64, sounding: Bool) -> F64:
    """Return the shares of the parents that sing, with a sum of 1; equal ones where those have none.

    They are 0 where all rest, and where no parent has a share: nothing is decoded there.

    Parameters
    ----------
    shares : ndarray, shape (n_windows, n_parents), float64
    sounding : ndarray, shape (n_windows, n_parents), bool
    """
    own = shares * sounding
    own = np.where(own.any(axis=1, keepdims=True) | ~shares.any(axis=1, keepdims=True), own, sounding)
    total = own.sum(axis=1, keepdims=True)
    return np.asarray(np.round(np.divide(own, total, out=np.zeros_like(own), where=total > 0), _SHARE_DECIMALS))


def _decode_factor(
    registry: ModelRegistry,
    factor: LeadFactor,
    arranged: Sequence[LeadWindows],
    shares: F64,
    chords: I8,
    sampling: SamplingOptions,
    check_cancelled: CancellationCheck,
) -> I16:
    """Decode a factor between the parents, shape (n_windows, n_steps); windows without shares stay silent."""
    spec = MODEL_SPECS[factor]
    tokens = np.stack([factor_tokens(each.windows, factor) for each in arranged], axis=1)
    own_chords = np.stack([each.chords for each in arranged], axis=1)
    if not spec.has_chords:
        chords, own_chords = np.zeros_like(chords), np.zeros_like(own_chords)
    keys = _window_keys(tokens, own_chords, shares, chords)
    is_decoded = np.asarray(shares.any(axis=1))
    first: dict[int, int] = {}
    for index in np.flatnonzero(is_decoded).tolist():
        first.setdefault(keys[index], index)
    rows, distinct = list(first.values()), list(first)
    decoded = np.zeros((len(keys), tokens.shape[2]), np.int16)
    if not rows:
        return decoded
    latents = _encode_parents(registry, factor, tokens[rows], own_chords[rows], check_cancelled)
    between = slerp_mean(latents, flatten_weights(shares[rows].astype(np.float32), spec.weight_exponent))
    decoder = _Decoder(registry, factor, tokens.shape[2], sampling, check_cancelled)
    windows = decoder.decode(between, chords[rows], distinct)
    if factor is LeadFactor.RHYTHM:
        windows = _limit_onsets(decoder, windows, between, distinct, tokens[rows], shares[rows])
    decoded[is_decoded] = windows[[distinct.index(keys[index]) for index in np.flatnonzero(is_decoded)]]
    return decoded


@dataclass(frozen=True)
class _Decoder:
    """Decodes latents of a factor, one for each window, with the noise of the windows' keys."""

    registry: ModelRegistry
    factor: LeadFactor
    n_steps: int
    sampling: SamplingOptions
    check_cancelled: CancellationCheck

    def decode(self, latents: F32, chords: I8, keys: Sequence[int], onset_biases: F32 | None = None) -> I16:
        """Return windows, shape (n, n_steps); `onset_biases`, shape (n,), are added to the logits of onsets."""
        spec, logit_bias = MODEL_SPECS[self.factor], None
        if onset_biases is not None:
            logit_bias = np.zeros((len(latents), self.n_steps, spec.n_classes), np.float32)
            logit_bias[:, :, ONSET_TOKEN] = onset_biases[:, None]
        seed, temperature = self.sampling.seed, self.sampling.temperature
        params = SamplingParams(spec, seed, temperature, logit_bias, [(key,) for key in keys])
        request = DecodeRequest.of_single_latents(latents, chords, params)
        return self.registry.decode(self.factor, [request], self.n_steps, self.check_cancelled)[0]


def _limit_onsets(decoder: _Decoder, decoded: I16, latents: F32, keys: Sequence[int], own: I16, shares: F64) -> I16:
    """Decode rhythms again that have fewer or more onsets than all parents, with biases that bring them back.

    Parameters
    ----------
    decoder : _Decoder
    decoded : ndarray, shape (n_windows, n_steps), int16
    latents : ndarray, shape (n_windows, latent_size), float32
        What they were decoded from.
    keys : sequence of int
    own : ndarray, shape (n_windows, n_parents, n_steps), int16
        The parents' rhythms.
    shares : ndarray, shape (n_windows, n_parents), float64
        Parents without a share do not count; with all of it, a reconstruction stays as it is.

    Returns
    -------
    ndarray, shape (n_windows, n_steps), int16
        Of each window the one with the least bias that is nearest to the parents' numbers of onsets.
    """
    counts, n_steps = (own == ONSET_TOKEN).sum(axis=2), own.shape[2]
    fewest = np.where(shares > 0.0, counts, n_steps).min(axis=1)
    most = np.where(shares > 0.0, counts, 0).max(axis=1)

    def excess(windows: I16) -> I64:
        n_onsets = (windows == ONSET_TOKEN).sum(axis=-1)
        return np.asarray(np.maximum(n_onsets - most, 0) - np.maximum(fewest - n_onsets, 0))

    outside = np.flatnonzero((excess(decoded) != 0) & (shares.max(axis=1) < 1.0))
    if not len(outside):
        return decoded
    n_biases = len(_ONSET_BIASES)
    biases = np.outer(_ONSET_BIASES, -np.sign(excess(decoded)[outside])).astype(np.float32)
    again = decoder.decode(
        np.tile(latents[outside], (n_biases, 1)),
        np.zeros((n_biases * len(outside), BEATS_PER_WINDOW), np.int8),
        [keys[row] for row in outside] * n_biases,
        biases.ravel(),
    )
    candidates = np.stack([decoded] * (1 + n_biases))
    candidates[1:, outside] = again.reshape(n_biases, len(outside), n_steps)
    best = np.abs([excess(each) for each in candidates]).argmin(axis=0)
    return np.asarray(candidates[best, np.arange(len(decoded))])


def _window_keys(tokens: I16, own_chords: I8, shares: F64, chords: I8) -> list[int]:
    """Return a number for each window: equal for equal windows of the parents with a share, shares and chords."""
    keys = []
    for index, of_parents in enumerate(shares):
        has_share = of_parents > 0.0
        parts = (of_parents, chords[index], tokens[index][has_share], own_chords[index][has_share])
        digest = hashlib.blake2b(b"".join(part.tobytes() for part in parts), digest_size=8)
        keys.append(int.from_bytes(digest.digest(), "little"))
    return keys


def _encode_parents(
    registry: ModelRegistry, factor: LeadFactor, tokens: I16, chords: I8, check_cancelled: CancellationCheck
) -> list[F32]:
    """Return the latents of the windows of every parent; equal windows are encoded once.

    Parameters
    ----------
    registry : ModelRegistry
    factor : LeadFactor
    tokens : ndarray, shape (n_windows, n_parents, n_steps), int16
    chords : ndarray, shape (n_windows, n_parents, BEATS_PER_WINDOW), int8
    check_cancelled : CancellationCheck
    """
    n_parents = tokens.shape[1]
    inputs = np.concatenate([tokens, chords], axis=2).reshape(len(tokens) * n_parents, -1)
    distinct, inverse = np.unique(inputs, axis=0, return_inverse=True)
    windows, own_chords = distinct[:, : tokens.shape[2]], distinct[:, tokens.shape[2] :].astype(np.int8)
    latents = registry.encode(factor, windows, own_chords, check_cancelled)[inverse.reshape(-1)]
    return [latents[side::n_parents] for side in range(n_parents)]


def _tied_windows(arranged: Sequence[LeadWindows], shares: F64) -> Bool:
    """Return in which windows parents with more than half of the rhythm hold a note from the window before."""
    held = np.stack([each.continues for each in arranged], axis=1)
    return np.asarray((held * shares).sum(axis=1) > 0.5)


def _to_rhythms(windows: I16, bars: Sequence[tuple[int, int]], plan: BlendPlan, is_tied: Bool) -> list[BarRhythm]:
    """Return decoded rhythms by bar; the first onset of a tied window continues the note before."""
    n_steps = plan.steps_per_bar
    rhythms: list[list[tuple[int, int]]] = [[] for _ in range(plan.n_bars)]
    for tokens, pair, tied in zip(windows, bars, is_tied.tolist(), strict=True):
        events = np.append(np.flatnonzero(tokens != HOLD), len(tokens)).tolist()
        for onset, end in pairwise(events):
            place, step = divmod(onset, n_steps)
            if tokens[onset] != ONSET_TOKEN or place >= len(dict.fromkeys(pair)):
                continue
            before = rhythms[pair[0] - 1] if pair[0] else []
            if tied and onset == 0 and before and sum(before[-1]) == n_steps:
                before[-1] = before[-1][0], before[-1][1] + end
                continue
            rhythms[pair[place]].append((step, end - onset))
    return [tuple(each) for each in rhythms]


def _to_contours(windows: I16, bars: Sequence[tuple[int, int]], plan: BlendPlan, is_sung: Bool) -> list[BarContour]:
    """Return decoded contours by bar, as the steps at which the pitch changes."""
    n_steps = plan.steps_per_bar
    contours: list[BarContour] = [()] * plan.n_bars
    for tokens, pair, sung in zip(windows, bars, is_sung.tolist(), strict=True):
        if not sung:
            continue
        for bar, events in zip(pair, tokens.reshape(BARS_PER_WINDOW, n_steps), strict=True):
            if contours[bar]:
                continue
            changes = [0, *(np.flatnonzero(np.diff(events)) + 1).tolist()]
            contours[bar] = tuple((step / n_steps, pitch_of_event(int(events[step]))) for step in changes)
    return contours
