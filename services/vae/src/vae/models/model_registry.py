"""The loaded models of all roles and of the lead's factors, with batched encoding and decoding over all cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import numpy as np
from score.arrays import F32, I8, I16, I64
from score.chords import BEATS_PER_WINDOW
from score.roles import ROLES, Role

from vae.models import checkpoint
from vae.models.batching import N_THREADS, DecodeRequest, FlatLatents, split_batches
from vae.models.pretrained_spec import PretrainedSpec
from vae.models.sampling import SamplingParams, WindowSampling, concat
from vae.models.specs import BATCH_SIZES, MAX_STEPS, MODEL_SPECS, ROLE_SPECS, LeadFactor, ModelName

_MODEL_NAMES: tuple[ModelName, ...] = (*ROLES, *LeadFactor)

_FACTOR_BATCH_SIZES = (16, 64)
"""Fewer than for the roles: a blend decodes its distinct windows of a factor once."""


class WindowModel(Protocol):
    """The model of a role or factor, see `vae.networks.role_model.RoleModel`."""

    @property
    def latent_size(self) -> int:
        """Size of the latent of a window."""
        ...

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """Batch sizes that the model is built for, ascending; a batch is padded to the next one."""
        ...

    def encode(self, tokens: I64, chords: I64, n_steps: int) -> tuple[F32, F32]:
        """Encode windows.

        Parameters
        ----------
        tokens : ndarray, shape (n, n_steps, n_voices), int64
        chords : ndarray, shape (n, BEATS_PER_WINDOW), int64
        n_steps : int

        Returns
        -------
        tuple of ndarray, shape (n, latent_size) each, float32
            Mean and standard deviation of the posterior.
        """
        ...

    def decode(self, latents: F32, chords: I64, n_steps: int, sampling: WindowSampling) -> I64:
        """Decode latents, at most as many as the largest batch.

        Parameters
        ----------
        latents : ndarray, shape (n, latent_size), float32
        chords : ndarray, shape (n, BEATS_PER_WINDOW), int64
        n_steps : int
        sampling : WindowSampling
            Of n rows.

        Returns
        -------
        ndarray, shape (n, n_steps, n_voices), int64
        """
        ...


def _batch_sizes(name: ModelName) -> tuple[int, ...]:
    return _FACTOR_BATCH_SIZES if name in tuple(LeadFactor) else BATCH_SIZES


class CancellationCheck(Protocol):
    """Called before every batch, so that work that nobody waits for ends early."""

    def __call__(self) -> None:
        """Raise an exception if the work is cancelled."""
        ...


def never_cancelled() -> None:
    """Raise nothing: the cancellation check of work that always finishes."""


class ModelRegistry:
    """The loaded models of all roles and of the lead's factors.

    Parameters
    ----------
    models : mapping of ModelName to WindowModel
    digests : mapping of ModelName to str
        The sha256 of each model's weights, in hexadecimal.
    """

    def __init__(self, models: Mapping[ModelName, WindowModel], digests: Mapping[ModelName, str]) -> None:
        self._models = models
        self.digests = dict(digests)
        self._pretrained: dict[ModelName, WindowModel] = {}
        self._threads = ThreadPoolExecutor(N_THREADS, thread_name_prefix="batch")

    @classmethod
    def load(
        cls, models_dir: Path, cache_dir: Path, pretrained: Mapping[Role, PretrainedSpec] | None = None
    ) -> ModelRegistry:
        """Load the shipped models and Magenta's pretrained ones, and run each once.

        Parameters
        ----------
        models_dir : Path
            Folder of the shipped models.
        cache_dir : Path
            Folder of Magenta's checkpoints; missing ones are built.
        pretrained : mapping of Role to PretrainedSpec, optional
            Magenta's own models, which replace the shipped ones of these roles in 4/4.

        Raises
        ------
        ModelMismatch
            If weights are missing, damaged, or made for another grid; or if a pretrained model is missing or does not
            fit its role.
        """
        shipped = {name: checkpoint.find_shipped_model(models_dir, name) for name in _MODEL_NAMES}
        # TensorFlow takes seconds to import: check the weights first.
        from vae.networks.role_model import RoleModel

        models: dict[ModelName, WindowModel] = {
            name: RoleModel(MODEL_SPECS[name], checkpoint.ensure_checkpoint(model, cache_dir), _batch_sizes(name))
            for name, model in shipped.items()
        }
        registry = cls(models, {name: model.sha256 for name, model in shipped.items()})
        registry._add_pretrained(pretrained or {})
        registry._warm_up()
        return registry

    def _add_pretrained(self, pretrained: Mapping[Role, PretrainedSpec]) -> None:
        from vae.networks.pretrained_model import PretrainedModel

        for role, spec in pretrained.items():
            self._pretrained[role] = model = PretrainedModel(ROLE_SPECS[role], spec)
            self.digests[role] = model.digest

    def _model(self, name: ModelName, n_steps: int) -> WindowModel:
        if name not in self._pretrained or self.uses_shipped_model(name, n_steps):
            return self._models[name]
        return self._pretrained[name]

    def uses_shipped_model(self, name: ModelName, n_steps: int) -> bool:
        """Return whether the shipped model stands in for a pretrained one, which only knows windows of 4/4."""
        return name in self._pretrained and n_steps != MAX_STEPS

    def latent_size(self, name: ModelName, n_steps: int) -> int:
        """Return the size of the latents of a model, for windows of `n_steps` steps."""
        if name in self._pretrained and not self.uses_shipped_model(name, n_steps):
            return self._pretrained[name].latent_size
        return MODEL_SPECS[name].latent_size

    def _warm_up(self) -> None:
        """Run every batch size once: TensorFlow plans a graph on its first run."""
        for name, model in self._models.items():
            params = SamplingParams(MODEL_SPECS[name], seed=0, temperature=0.0)
            for size in model.batch_sizes:
                latents = np.zeros((size, model.latent_size), np.float32)
                chords = np.zeros((size, BEATS_PER_WINDOW), np.int64)
                sampling = params.for_windows(0, size, MAX_STEPS)
                tokens = model.decode(latents, chords, MAX_STEPS, sampling)
                model.encode(tokens, chords, MAX_STEPS)

    def encode(
        self, name: ModelName, windows: I16, chords: I8, check_cancelled: CancellationCheck = never_cancelled
    ) -> F32:
        """Encode windows into the means of their posteriors.

        Parameters
        ----------
        name : ModelName
        windows : ndarray, shape (n, n_steps) or (n, n_steps, n_voices), int16
        chords : ndarray, shape (n, BEATS_PER_WINDOW), int8
            The triad of each beat, numbered as in `score.chords`; only the models of lead, bass and contour use it.
        check_cancelled : CancellationCheck
            Called before every batch.

        Returns
        -------
        ndarray, shape (n, latent_size), float32
        """
        n_steps = windows.shape[1]
        tokens = windows.astype(np.int64).reshape(len(windows), n_steps, -1)
        model = self._model(name, n_steps)
        means = np.zeros((len(tokens), model.latent_size), np.float32)

        def encode_batch(rows: slice) -> None:
            check_cancelled()
            means[rows], _ = model.encode(tokens[rows], chords[rows].astype(np.int64), n_steps)

        list(self._threads.map(encode_batch, split_batches([1] * len(tokens), model.batch_sizes)))
        return means

    def decode(
        self,
        name: ModelName,
        requests: Sequence[DecodeRequest],
        n_steps: int,
        check_cancelled: CancellationCheck = never_cancelled,
    ) -> list[I16]:
        """Decode several requests in the same batches; each gives the windows that it would give alone.

        Where a window has several latents, all their decoders are conditioned on the same tokens so far, and each token
        is sampled from the product of their distributions, each to the power of its weight (Hinton, *Training Products
        of Experts by Minimizing Contrastive Divergence*, Neural Computation 2002).

        Parameters
        ----------
        name : ModelName
        requests : sequence of DecodeRequest
            Of one seed and temperature; either a single one, or all with window keys.
        n_steps : int
            Steps of a window: 32 or 24.
        check_cancelled : CancellationCheck
            Called before every batch.

        Returns
        -------
        list of ndarray, shape (n, n_steps) or (n, n_steps, n_voices), int16
            One for each request.
        """
        if not requests:
            return []
        model, spec, flat = self._model(name, n_steps), MODEL_SPECS[name], FlatLatents.concat(requests)
        params = concat([request.sampling for request in requests])
        decoded = np.zeros((len(flat.chords), n_steps, spec.n_voices), np.int16)

        def decode_batch(batch: slice) -> None:
            check_cancelled()
            begin, end = flat.first[batch.start], flat.first[batch.stop - 1] + flat.counts[batch.stop - 1]
            window = flat.window[begin:end]
            sampling = params.for_windows(batch.start, batch.stop - batch.start, n_steps)
            sampling = sampling.for_mixture(window - batch.start, flat.weights[begin:end])
            tokens = model.decode(flat.latents[begin:end], flat.chords[window].astype(np.int64), n_steps, sampling)
            # All latents of a window sample the same tokens: take the first one's.
            decoded[batch] = tokens[flat.first[batch] - begin]

        list(self._threads.map(decode_batch, split_batches(flat.counts.tolist(), model.batch_sizes)))
        windows = decoded if spec.n_voices > 1 else decoded[..., 0]
        return np.split(windows, np.cumsum([len(request) for request in requests[:-1]]))
