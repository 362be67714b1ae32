"""A role's model in Magenta's `TrainedModel`: batches of windows through it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vae.models.sampling import WindowDraw
from vae.models.specs import BATCH_SIZES, LATENT_SIZE, RoleSpec
from vae.networks.architecture import Host, chord_vectors, config_of
from vae.networks.magenta_imports import TrainedModel, tf

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


def write_checkpoint(prefix: Path, variables: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays as a TensorFlow checkpoint.

    Parameters
    ----------
    prefix : Path
        Path without the endings `.index` and `.data-...`.
    variables : mapping
        TensorFlow's name of each variable -> its value.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        placed = [tf.get_variable(name, value.shape, value.dtype) for name, value in variables.items()]
        saver = tf.train.Saver(placed)
        for variable, value in zip(placed, variables.values(), strict=True):
            variable.load(value, session)
        saver.save(session, str(prefix), write_meta_graph=False)


class RoleModel:
    """The model of one role, served by Magenta's `TrainedModel`; several threads may use it at once.

    `TrainedModel` fixes its batch size when it is built and pads up to it, so one is built for each size.

    Parameters
    ----------
    spec : RoleSpec
    checkpoint : Path
        Prefix of a checkpoint of `vae.networks.architecture.config_of` this role.
    batch_sizes : sequence of int
    """

    latent_size = LATENT_SIZE

    def __init__(self, spec: RoleSpec, checkpoint: Path, batch_sizes: Sequence[int] = BATCH_SIZES) -> None:
        self.spec = spec
        self.batch_sizes = tuple(sorted(batch_sizes))
        self._host = Host(spec)
        with warnings.catch_warnings():
            # Magenta is written for TensorFlow 1: each of its layers is deprecated.
            warnings.simplefilter("ignore")
            self._built = {
                size: TrainedModel(config_of(self._host), size, checkpoint_dir_or_path=str(checkpoint))
                for size in self.batch_sizes
            }

    def encode(self, tokens: Integers, chords: Integers, steps: int) -> tuple[Floats, Floats]:
        """Encode windows of one length.

        Parameters
        ----------
        tokens : ndarray, shape (n, at least steps, voices), int64
        chords : ndarray, shape (n, BEATS), int64
            The triad of each beat; of no account where the role's model is told none.
        steps : int
            Their length.

        Returns
        -------
        tuple of ndarray, shape (n, LATENT_SIZE) each, float32
            Mean and standard deviation of the posterior.
        """
        vectors = np.eye(self.spec.classes, dtype=np.float32)[tokens[:, :steps]].reshape(len(tokens), steps, -1)
        told = chord_vectors(chords)[:, :steps, : self.spec.chord_depth]
        means, deviations = [np.zeros((0, LATENT_SIZE), np.float32)], [np.zeros((0, LATENT_SIZE), np.float32)]
        for rows, model in self.batches(len(tokens)):
            chunk = list(vectors[rows])
            _, mean, deviation = model.encode_tensors(chunk, [steps] * len(chunk), list(told[rows]))
            means.append(mean)
            deviations.append(deviation)
        return np.concatenate(means), np.concatenate(deviations)

    def decode(self, z: Floats, chords: Integers, steps: int, draw: WindowDraw) -> Integers:
        """Decode latents, at most as many as the largest batch.

        Returns
        -------
        ndarray, shape (n, steps, voices), int64
        """
        return np.stack(self._decode(z, chords, steps, draw)).astype(np.int64)

    def logits(self, z: Floats, chords: Integers, steps: int, draw: WindowDraw) -> Floats:
        """Decode as `decode`, and return the logits of every step: shape (n, steps, depth)."""
        logits, *_ = self._decode(z, chords, steps, draw, return_full_results=True)
        return np.asarray(logits[: len(z)])

    def _decode(self, z: Floats, chords: Integers, steps: int, draw: WindowDraw, **asked: bool) -> Any:
        _, model = next(iter(self.batches(len(z))))
        unused = np.zeros((steps, self.spec.chord_depth), np.float32) if self.spec.chords else None
        ticket = self._host.admit(chords, draw)
        return model.decode_to_tensors(z, length=steps, temperature=ticket, c_input=unused, **asked)

    def batches(self, count: int) -> Iterator[tuple[slice, Any]]:
        """Cover `count` windows with slices, each with the smallest built model that holds it."""
        largest = self.batch_sizes[-1]
        for start in range(0, count, largest):
            size = min(largest, count - start)
            fitting = next(built for built in self.batch_sizes if built >= size)
            yield slice(start, start + size), self._built[fitting]
