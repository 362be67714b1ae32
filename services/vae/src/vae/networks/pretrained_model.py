"""Magenta's pretrained models: one of its own configs, restored from one of its own checkpoints.

Encoder, decoder, sizes and decoding loop are those of the config. Only tokens are sampled as in Segue's own models,
with a seed and within the pitch mask (`vae.networks.token_sampling`).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from score.arrays import F32, I64, Bool
from servicekit.faults import ModelMismatch

from vae.models.pretrained_spec import PretrainedSpec
from vae.models.sampling import WindowSampling
from vae.models.specs import MAX_STEPS, RoleSpec
from vae.networks.call_registry import CallRegistry
from vae.networks.magenta_imports import CONFIG_MAP, Config, MusicVAE, TrainedModel, converters, lstm_models, tf
from vae.networks.token_sampling import fetch_call_inputs, sample_step

BATCH_SIZE = 8
"""The largest of these models has 134 million parameters: a batch takes two cores about a second."""


class _SeededDecoder(lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    """Magenta's decoder, whose tokens are sampled with the inputs of the call."""

    def __init__(self, calls: CallRegistry) -> None:
        super().__init__()
        self.calls = calls

    def sample(self, n: int, max_length: Any, z: Any, _c_input: Any, temperature: Any) -> Any:
        """Decode latents.

        Parameters
        ----------
        n, max_length, z, _c_input, temperature
            As for `vae.networks.architecture.ConductedDecoder.sample`.
        """
        depth, first_onset_token = self._output_depth, self.calls.spec.first_onset_token
        _, sampling = fetch_call_inputs(self.calls, temperature, n, max_length)
        start = tf.concat([tf.zeros([n, depth]), z], axis=-1)

        def sample(time: Any, outputs: Any, state: Any) -> Any:
            del state
            return tf.one_hot(sample_step(outputs[:, None], sampling, time, first_onset_token)[:, 0], depth)

        def next_inputs(time: Any, outputs: Any, state: Any, sample_ids: Any) -> Any:
            del time, outputs
            return False, tf.concat([sample_ids, z], axis=-1), state

        helper = lstm_models.contrib_seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.zeros([n], tf.bool), start),
            sample_fn=sample,
            next_inputs_fn=next_inputs,
            sample_ids_shape=[depth],
            sample_ids_dtype=tf.float32,
        )
        results = self._decode(z, helper=helper, input_shape=start.shape[1:], max_length=max_length)
        return tf.argmax(results.samples, axis=-1)[..., None], (results.rnn_output,)


class PretrainedModel:
    """One of Magenta's pretrained models in `TrainedModel`, for windows of 32 steps, without chords.

    Parameters
    ----------
    spec : RoleSpec
    pretrained : PretrainedSpec
        Its config and checkpoint.

    Attributes
    ----------
    latent_size : int
        From the config.
    digest : str
        The sha256 of its name and weights, in hexadecimal.

    Raises
    ------
    ModelMismatch
        If there is no such config or checkpoint, or they fit neither each other nor the role.
    """

    batch_sizes = (BATCH_SIZE,)

    def __init__(self, spec: RoleSpec, pretrained: PretrainedSpec) -> None:
        self.spec, self.digest = spec, pretrained.digest(spec.role)
        self._calls = CallRegistry(spec)
        config = _find_config(spec, pretrained.config)
        self.latent_size: int = config.hparams.z_size
        model = MusicVAE(config.model.encoder, _SeededDecoder(self._calls))
        seeded = Config(model=model, hparams=config.hparams, data_converter=config.data_converter)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._model = TrainedModel(seeded, BATCH_SIZE, checkpoint_dir_or_path=str(pretrained.checkpoint))
        except (tf.errors.OpError, ValueError, OSError) as error:
            message = f"The checkpoint for {spec.role} does not hold the weights of {pretrained.config}."
            raise ModelMismatch(message, role=spec.role, config=pretrained.config) from error

    def encode(self, tokens: I64, chords: I64, n_steps: int) -> tuple[F32, F32]:
        """Encode windows.

        Parameters
        ----------
        tokens : ndarray, shape (n, n_steps, 1), int64
        chords : ndarray
            Unused.
        n_steps : int

        Returns
        -------
        tuple of ndarray, shape (n, latent_size) each, float32
            Mean and standard deviation of the posterior.
        """
        del chords
        inputs = list(self._encoder_inputs(tokens[:, :n_steps, 0]))
        _, mean, deviation = self._model.encode_tensors(inputs, [n_steps] * len(inputs))
        return mean, deviation

    def decode(self, latents: F32, chords: I64, n_steps: int, sampling: WindowSampling) -> I64:
        """Decode latents, at most `BATCH_SIZE`.

        Parameters
        ----------
        latents : ndarray, shape (n, latent_size), float32
        chords : ndarray
            Unused.
        n_steps : int
        sampling : WindowSampling
            Of n rows.

        Returns
        -------
        ndarray, shape (n, n_steps, 1), int64
        """
        return np.stack(self._decode(latents, chords, n_steps, sampling)).astype(np.int64)

    def logits(self, latents: F32, chords: I64, n_steps: int, sampling: WindowSampling) -> F32:
        """Decode as `decode` does, and return the logits of every step.

        Parameters
        ----------
        latents, chords, n_steps, sampling
            As for `decode`.

        Returns
        -------
        ndarray, shape (n, n_steps, depth), float32
        """
        logits, *_ = self._decode(latents, chords, n_steps, sampling, return_full_results=True)
        return np.asarray(logits[: len(latents)])

    def _decode(self, latents: F32, chords: I64, n_steps: int, sampling: WindowSampling, **options: bool) -> Any:
        # The call id takes the place of the temperature: see `vae.networks`.
        call_id = self._calls.register(chords, sampling)
        return self._model.decode_to_tensors(latents, length=n_steps, temperature=call_id, **options)

    def _encoder_inputs(self, tokens: I64) -> Bool:
        """Convert windows (n, n_steps) to the encoder's inputs: one-hot, or drums as nine classes and a rest."""
        depth = self._model._config.data_converter.input_depth
        if depth == self.spec.n_classes:
            return np.eye(depth, dtype=bool)[tokens]
        roll = tokens[..., None] >> np.arange(depth - 1) & 1 > 0
        return np.concatenate([roll, ~roll.any(axis=-1, keepdims=True)], axis=-1)


def _find_config(spec: RoleSpec, name: str) -> Any:
    if name in CONFIG_MAP and _is_usable(spec, CONFIG_MAP[name]):
        return CONFIG_MAP[name]
    usable = ", ".join(sorted(each for each, config in CONFIG_MAP.items() if _is_usable(spec, config))) or "none"
    message = f"{name[:40]!r} is not a usable config of Magenta's for {spec.role}: choose one of {usable}."
    raise ModelMismatch(message, role=spec.role, config=name[:40])


def _is_usable(spec: RoleSpec, config: Any) -> bool:
    """Return whether a config's windows are the role's: two bars of 4/4, one token a step, no controls."""
    converter = config.data_converter
    kind = converters.OneHotMelodyConverter if spec.is_pitched else converters.DrumsConverter
    is_plain = type(config.model.decoder) is lstm_models.CategoricalLstmDecoder and spec.n_voices == 1
    sizes = (config.hparams.max_seq_len, converter.output_depth, converter.control_depth)
    return is_plain and isinstance(converter, kind) and sizes == (MAX_STEPS, spec.n_classes, 0)
