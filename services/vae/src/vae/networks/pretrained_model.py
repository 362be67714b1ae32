"""A role's model as Magenta publishes it: one of its own configs, restored from one of its own checkpoints.

Encoder, decoder, sizes and decoding loop are the config's. Tokens alone are drawn as those of all models here are:
with a seed, and within what may sound (`vae.networks.architecture.chosen`).
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from servicekit.faults import ModelMismatch

from vae.models.checkpoint import Published
from vae.models.sampling import WindowDraw
from vae.models.specs import MAX_STEPS, RoleSpec
from vae.networks.architecture import Host, chances, chosen
from vae.networks.magenta_imports import CONFIG_MAP, Config, MusicVAE, TrainedModel, converters, lstm_models, tf

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

BATCH_SIZE = 8
"""The largest of them has 134 million parameters: a batch takes two cores about a second."""


class _DrawnDecoder(lstm_models.CategoricalLstmDecoder):  # type: ignore[misc]
    """Magenta's decoder, whose tokens are drawn with what the host says."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host

    def sample(self, n: int, max_length: Any, z: Any, _c_input: Any, temperature: Any) -> Any:
        """Decode latents [n, z_size]; see `vae.networks.architecture.ConductedDecoder.sample`."""
        depth, first_sound = self._output_depth, self.host.spec.first_sound
        _, chance = chances(self.host, temperature, n, max_length)
        start = tf.concat([tf.zeros([n, depth]), z], axis=-1)

        def drawn(time: Any, outputs: Any, state: Any) -> Any:
            del state
            return tf.one_hot(chosen(outputs[:, None], chance, time, first_sound)[:, 0], depth)

        def following(time: Any, outputs: Any, state: Any, sample_ids: Any) -> Any:
            del time, outputs
            return False, tf.concat([sample_ids, z], axis=-1), state

        helper = lstm_models.contrib_seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.zeros([n], tf.bool), start),
            sample_fn=drawn,
            next_inputs_fn=following,
            sample_ids_shape=[depth],
            sample_ids_dtype=tf.float32,
        )
        results = self._decode(z, helper=helper, input_shape=start.shape[1:], max_length=max_length)
        return tf.argmax(results.samples, axis=-1)[..., None], (results.rnn_output,)


class PublishedModel:
    """One of Magenta's own models in `TrainedModel`; for windows of 32 steps, on no chords.

    Parameters
    ----------
    spec : RoleSpec
    published : Published
        Its config and checkpoint.

    Attributes
    ----------
    latent_size : int
        As the config says.
    digest : str
        The sha256 of its name and weights, in hex.

    Raises
    ------
    ModelMismatch
        If there is no such config or checkpoint, or they do not fit each other or the role.
    """

    batch_sizes = (BATCH_SIZE,)

    def __init__(self, spec: RoleSpec, published: Published) -> None:
        self.spec, self.digest = spec, published.digest(spec.role)
        self._host = Host(spec)
        config = _config(spec, published.config)
        self.latent_size: int = config.hparams.z_size
        model = MusicVAE(config.model.encoder, _DrawnDecoder(self._host))
        drawn = Config(model=model, hparams=config.hparams, data_converter=config.data_converter)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._built = TrainedModel(drawn, BATCH_SIZE, checkpoint_dir_or_path=str(published.checkpoint))
        except (tf.errors.OpError, ValueError, OSError) as error:
            message = f"The checkpoint for {spec.role} does not hold the weights of {published.config}."
            raise ModelMismatch(message, role=spec.role, config=published.config) from error

    def encode(self, tokens: Integers, chords: Integers, steps: int) -> tuple[Floats, Floats]:
        """Encode windows (n, steps, 1): mean and deviation of the posterior, shape (n, latent_size) each."""
        del chords
        inputs = list(self._inputs(tokens[:, :steps, 0]))
        _, mean, deviation = self._built.encode_tensors(inputs, [steps] * len(inputs))
        return mean, deviation

    def decode(self, z: Floats, chords: Integers, steps: int, draw: WindowDraw) -> Integers:
        """Decode latents, at most `BATCH_SIZE`: shape (n, steps, 1)."""
        return np.stack(self._decode(z, chords, steps, draw)).astype(np.int64)

    def logits(self, z: Floats, chords: Integers, steps: int, draw: WindowDraw) -> Floats:
        """Decode as `decode`, and return the logits of every step: shape (n, steps, depth)."""
        logits, *_ = self._decode(z, chords, steps, draw, return_full_results=True)
        return np.asarray(logits[: len(z)])

    def _decode(self, z: Floats, chords: Integers, steps: int, draw: WindowDraw, **asked: bool) -> Any:
        ticket = self._host.admit(chords, draw)
        return self._built.decode_to_tensors(z, length=steps, temperature=ticket, **asked)

    def _inputs(self, tokens: Integers) -> npt.NDArray[np.bool_]:
        """Write windows (n, steps) as the encoder reads them: one-hot, or drums as nine classes and a rest."""
        depth = self._built._config.data_converter.input_depth
        if depth == self.spec.classes:
            return np.eye(depth, dtype=bool)[tokens]
        roll = tokens[..., None] >> np.arange(depth - 1) & 1 > 0
        return np.concatenate([roll, ~roll.any(axis=-1, keepdims=True)], axis=-1)


def _config(spec: RoleSpec, name: str) -> Any:
    if name not in CONFIG_MAP or not _fits(spec, CONFIG_MAP[name]):
        fitting = ", ".join(sorted(each for each, config in CONFIG_MAP.items() if _fits(spec, config)))
        message = f"{name[:40]!r} is no config of Magenta's for {spec.role}: it is one of {fitting or 'none'}."
        raise ModelMismatch(message, role=spec.role, config=name[:40])
    return CONFIG_MAP[name]


def _fits(spec: RoleSpec, config: Any) -> bool:
    """Tell whether a config is of windows like the role's: two bars of 4/4, one token a step, nothing told beside."""
    converter = config.data_converter
    kind = converters.OneHotMelodyConverter if spec.pitched else converters.DrumsConverter
    is_plain = type(config.model.decoder) is lstm_models.CategoricalLstmDecoder and spec.voices == 1
    sizes = (config.hparams.max_seq_len, converter.output_depth, converter.control_depth)
    return is_plain and isinstance(converter, kind) and sizes == (MAX_STEPS, spec.classes, 0)
