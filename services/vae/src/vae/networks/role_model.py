"""The shipped model of a role or of a factor of the lead, served by Magenta's `TrainedModel`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from score.arrays import F32, I64

from vae.models.sampling import WindowSampling
from vae.models.specs import BATCH_SIZES, RoleSpec
from vae.networks.architecture import build_config, one_hot_chords
from vae.networks.call_registry import CallRegistry
from vae.networks.magenta_imports import TrainedModel


class RoleModel:
    """The model of one role or factor; several threads may use it at once.

    `TrainedModel` fixes its batch size when it is built and pads every batch, so one is built for each size.

    Parameters
    ----------
    spec : RoleSpec
    checkpoint : Path
        Prefix of a checkpoint of `vae.networks.architecture.build_config` for this model.
    batch_sizes : sequence of int
    """

    def __init__(self, spec: RoleSpec, checkpoint: Path, batch_sizes: Sequence[int] = BATCH_SIZES) -> None:
        self.spec, self.latent_size = spec, spec.latent_size
        self.batch_sizes = tuple(sorted(batch_sizes))
        self._calls = CallRegistry(spec)
        with warnings.catch_warnings():
            # Magenta is written for TensorFlow 1: each of its layers is deprecated.
            warnings.simplefilter("ignore")
            self._by_batch_size = {
                size: TrainedModel(build_config(self._calls), size, checkpoint_dir_or_path=str(checkpoint))
                for size in self.batch_sizes
            }

    def encode(self, tokens: I64, chords: I64, n_steps: int) -> tuple[F32, F32]:
        """Encode windows of one length.

        Parameters
        ----------
        tokens : ndarray, shape (n, at least n_steps, n_voices), int64
        chords : ndarray, shape (n, BEATS_PER_WINDOW), int64
            The triad of each beat; unused by a model without chords.
        n_steps : int
            Steps of a window.

        Returns
        -------
        tuple of ndarray, shape (n, latent_size) each, float32
            Mean and standard deviation of the posterior.
        """
        windows = tokens[:, :n_steps]
        vectors = np.eye(self.spec.n_classes, dtype=np.float32)[windows].reshape(len(tokens), n_steps, -1)
        controls = one_hot_chords(chords)[:, :n_steps, : self.spec.chord_depth]
        empty = np.zeros((0, self.latent_size), np.float32)
        means, deviations = [empty], [empty]
        for rows, model in self._batches(len(tokens)):
            batch = list(vectors[rows])
            _, mean, deviation = model.encode_tensors(batch, [n_steps] * len(batch), list(controls[rows]))
            means.append(mean)
            deviations.append(deviation)
        return np.concatenate(means), np.concatenate(deviations)

    def decode(self, latents: F32, chords: I64, n_steps: int, sampling: WindowSampling) -> I64:
        """Decode latents, at most as many as the largest batch.

        Parameters
        ----------
        latents : ndarray, shape (n, latent_size), float32
        chords : ndarray, shape (n, BEATS_PER_WINDOW), int64
        n_steps : int
            Steps of a window.
        sampling : WindowSampling
            Of n rows.

        Returns
        -------
        ndarray, shape (n, n_steps, n_voices), int64
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
        _, model = next(iter(self._batches(len(latents))))
        unused = np.zeros((n_steps, self.spec.chord_depth), np.float32) if self.spec.has_chords else None
        # The call id takes the place of the temperature: see `vae.networks`.
        call_id = self._calls.register(chords, sampling)
        return model.decode_to_tensors(latents, length=n_steps, temperature=call_id, c_input=unused, **options)

    def _batches(self, n_windows: int) -> Iterator[tuple[slice, Any]]:
        """Yield slices that cover all windows, each with the model of the smallest batch size that holds it."""
        largest = self.batch_sizes[-1]
        for start in range(0, n_windows, largest):
            size = min(largest, n_windows - start)
            batch_size = next(each for each in self.batch_sizes if each >= size)
            yield slice(start, start + size), self._by_batch_size[batch_size]
