"""Token sampling inside a decoder's graph: the TensorFlow end of the side channel that `vae.networks` describes."""

from __future__ import annotations

from typing import Any, NamedTuple

from vae.models.sampling import FORBIDDEN
from vae.models.specs import N_INTERVALS
from vae.networks.call_registry import CallRegistry
from vae.networks.magenta_imports import tf


class SamplingTensors(NamedTuple):
    """What the tokens of a batch are sampled with: `vae.networks.call_registry.CallInputs` as tensors."""

    logit_bias: Any
    gumbel_noise: Any
    temperature: Any
    mixture_weights: Any
    interval_logits: Any


def fetch_call_inputs(calls: CallRegistry, call_id: Any, batch_size: int, n_steps: Any) -> tuple[Any, SamplingTensors]:
    """Build the operation that fetches the inputs of a call when the graph runs.

    Parameters
    ----------
    calls : CallRegistry
    call_id : tensor, scalar, float32
    batch_size : int
    n_steps : tensor, scalar, int32

    Returns
    -------
    tuple
        Chords [n_steps, batch_size], and what the tokens are sampled with.
    """
    n_voices, n_classes = calls.spec.n_voices, calls.spec.n_classes
    inputs = tf.numpy_function(calls.fetch, [call_id, tf.constant(batch_size), n_steps], [tf.int64, *[tf.float32] * 5])
    # numpy_function gives tensors of unknown shape.
    shapes: tuple[list[int | None], ...] = (
        [None, batch_size],
        [None, batch_size, n_classes],
        [None, batch_size, n_voices, n_classes + 1],
        [],
        [batch_size, batch_size],
        [batch_size, 1 + N_INTERVALS],
    )
    for tensor, shape in zip(inputs, shapes, strict=True):
        tensor.set_shape(shape)
    chords, logit_bias, noise, temperature, mixture_weights, interval_logits = inputs
    # The bias is the same for all voices of a step.
    return chords, SamplingTensors(logit_bias[:, :, None], noise, temperature, mixture_weights, interval_logits)


def sample_step(
    logits: Any, sampling: SamplingTensors, step: Any, first_onset_token: int, last_onsets: Any = None
) -> Any:
    """Sample the tokens of one step.

    Parameters
    ----------
    logits : tensor, [batch, n_voices, n_classes]
    sampling : SamplingTensors
    step : tensor, scalar, int32
    first_onset_token : int
    last_onsets : tensor, [batch, n_voices], int32, optional
        The last token of each voice that began a note, 0 before the first one. Without it, the interval prior is not
        applied.

    Returns
    -------
    tensor, [batch, n_voices], int32
    """
    # Product of experts: the weighted sum of the log probabilities of all latents of a window.
    log_probs = tf.tensordot(sampling.mixture_weights, tf.nn.log_softmax(logits), 1)
    logit_bias = sampling.logit_bias[step]
    scores = log_probs + logit_bias
    if last_onsets is not None:
        allowed = log_probs + tf.where_v2(logit_bias <= FORBIDDEN, FORBIDDEN, 0.0)
        has_prior = tf.reduce_any(tf.not_equal(sampling.interval_logits, 0.0), axis=1)[:, None, None]
        with_prior = apply_interval_prior(scores, allowed, sampling.interval_logits, last_onsets, first_onset_token)
        scores = tf.where_v2(has_prior, with_prior, scores)
    return sample_tokens(scores, sampling.gumbel_noise[step], sampling.temperature, first_onset_token)


def apply_interval_prior(
    scores: Any, allowed: Any, interval_logits: Any, last_onsets: Any, first_onset_token: int
) -> Any:
    """Add the logits of the interval that each pitch would make with the note before.

    They change which note begins, not whether one does: the total probability of an onset is reset to that of
    `allowed`, raised by the onset bias of `vae.conditioning.interval_prior`. The same holds for what the biases in
    `scores` add to pitches.

    Parameters
    ----------
    scores : tensor, [batch, 1, n_classes]
        Log probabilities with all biases.
    allowed : tensor, [batch, 1, n_classes]
        Log probabilities without biases but of forbidden tokens.
    interval_logits : tensor, [batch, 1 + N_INTERVALS]
        The onset bias, then the logits of the intervals.
    last_onsets : tensor, [batch, 1], int32
    first_onset_token : int

    Returns
    -------
    tensor, [batch, 1, n_classes]
    """
    tokens = tf.range(scores.shape[-1])
    is_onset, has_last = tokens >= first_onset_token, last_onsets[..., None] >= first_onset_token
    interval = tf.minimum(tf.abs(tokens - last_onsets[..., None]), N_INTERVALS - 1)
    by_token = tf.gather(interval_logits[:, 1:], interval, batch_dims=1)
    with_intervals = scores + tf.where_v2(has_last & is_onset, by_token, 0.0)
    before, after = (
        tf.reduce_logsumexp(each[..., first_onset_token:], axis=-1, keepdims=True) for each in (allowed, with_intervals)
    )
    return with_intervals + tf.where_v2(is_onset, interval_logits[:, :1, None] + before - after, 0.0)


def sample_tokens(scores: Any, gumbel_noise: Any, temperature: Any, first_onset_token: int) -> Any:
    """Sample a token for each voice in two stages: first whether something begins, then what.

    Where a note is likely but its pitch is uncertain, every single pitch may be less likely than a hold, and taking the
    likeliest token would leave gaps. Adding Gumbel noise (Gumbel 1954) and taking the maximum in both stages samples
    from the softmax of the scaled scores.

    Parameters
    ----------
    scores : tensor, [batch, n_voices, n_classes]
        Log probabilities with all biases.
    gumbel_noise : tensor, [batch, n_voices, n_classes + 1]
        For the first stage (each rest token, and "onset"), then for the onset tokens. Zeros take the likeliest.
    temperature : tensor, scalar
    first_onset_token : int

    Returns
    -------
    tensor, [batch, n_voices], int32
    """
    rests, onsets = scores[..., :first_onset_token], scores[..., first_onset_token:]
    stage_one = tf.concat([rests, tf.reduce_logsumexp(onsets, axis=-1, keepdims=True)], axis=-1)
    noise_one, noise_two = gumbel_noise[..., : first_onset_token + 1], gumbel_noise[..., first_onset_token + 1 :]
    kind = tf.argmax(stage_one / temperature + noise_one, axis=-1, output_type=tf.int32)
    onset = tf.argmax(onsets / temperature + noise_two, axis=-1, output_type=tf.int32)
    return tf.where(kind < first_onset_token, kind, first_onset_token + onset)
