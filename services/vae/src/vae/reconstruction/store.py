"""Reconstructions of parents: each is decoded once for all blends of a call, and cached for later calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import F32, F64, I16
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.conditioning.logit_bias import pitch_bias
from vae.models.batching import DecodeRequest
from vae.models.model_registry import CancellationCheck, ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import Piece
from vae.pieces.window_events import normalize_rests, silent_windows
from vae.reconstruction import quality
from vae.reconstruction.encoding import Encoding, encode_role

_CACHE_SIZE = 64
"""Eight pieces of four roles, twice; a role of a 20-minute piece takes half a megabyte."""


@dataclass(frozen=True)
class SamplingOptions:
    """How tokens are sampled.

    Attributes
    ----------
    temperature : float
        0 takes the likeliest tokens.
    seed : int
    is_unconstrained : bool
        Whether to decode without pitch masks, chord bias, interval prior and fallbacks, to measure the models alone.
    """

    temperature: float = 0.0
    seed: int = 0
    is_unconstrained: bool = False


@dataclass(frozen=True)
class Reconstruction:
    """One role of a parent, encoded and decoded.

    Attributes
    ----------
    latents : ndarray, shape (n_windows, latent_size), float32
        Zeros for silent windows.
    decoded : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        What the model decodes from the latents; silence if the options are unconstrained.
    f1 : ndarray, shape (n_windows,), float32
        From `vae.reconstruction.quality.reconstruction_f1`; 1 for silent windows.
    endpoint : ndarray, the shape of `decoded`, int16
        From `vae.reconstruction.quality.endpoint_windows`: the windows at this parent's own end of a blend.
    distance : ndarray, shape (n_windows,), float64
        Distance of the endpoint from the parent's own windows.
    """

    latents: F32
    decoded: I16
    f1: F32
    endpoint: I16
    distance: F64

    @classmethod
    def of_silence(cls, latents: F32, role: Role, n_steps: int) -> Reconstruction:
        """Return a reconstruction without notes, of a silent role or for unconstrained options.

        Parameters
        ----------
        latents : ndarray, shape (n_windows, latent_size), float32
        role : Role
        n_steps : int
        """
        n_windows = len(latents)
        silent = silent_windows(role, n_windows, n_steps)
        return cls(latents, silent, np.ones(n_windows, np.float32), silent, np.zeros(n_windows))


class ReconstructionCache(OrderedDict[tuple[int, Role, SamplingOptions], Reconstruction]):
    """The last reconstructions by content hash, role and options: a piece that is blended again is not decoded."""

    def add(self, key: tuple[int, Role, SamplingOptions], reconstruction: Reconstruction) -> None:
        """Add a reconstruction and, if there are too many, remove the oldest."""
        self[key] = reconstruction
        if len(self) > _CACHE_SIZE:
            self.popitem(last=False)


class ReconstructionStore:
    """The parents' reconstructions during a call.

    A parent is decoded in two phases, so that its windows and those of blends go through the models in the same
    batches: `pending` parents each give a `decode_request`, and `complete` takes what was decoded for it.

    Parameters
    ----------
    registry : ModelRegistry
    options : SamplingOptions
    cache : ReconstructionCache, optional
        Keeps reconstructions beyond the call.
    """

    def __init__(
        self, registry: ModelRegistry, options: SamplingOptions, cache: ReconstructionCache | None = None
    ) -> None:
        self._cache = ReconstructionCache() if cache is None else cache
        self._registry = registry
        self._options = options
        self._complete: dict[tuple[int, Role], Reconstruction] = {}
        self._encodings: dict[tuple[int, Role], Encoding] = {}

    def latents(self, piece: Piece, role: Role, check_cancelled: CancellationCheck) -> F32:
        """Encode a role of a piece, unless it is known already.

        Parameters
        ----------
        piece : Piece
        role : Role
        check_cancelled : CancellationCheck
            Called before every batch.

        Returns
        -------
        ndarray, shape (n_windows, latent_size), float32
        """
        key = piece.content_hash, role
        if (*key, self._options) in self._cache:
            self._complete[key] = self._cache[*key, self._options]
        if key in self._complete:
            return self._complete[key].latents
        if key not in self._encodings:
            self._encodings[key] = encoding = encode_role(self._registry, piece, role, check_cancelled)
            if self._options.is_unconstrained or not encoding.is_sounding.any():
                silence = Reconstruction.of_silence(encoding.latents, role, piece.steps_per_window)
                self._complete[key] = silence
        return self._encodings[key].latents

    def pending(self, pieces: Sequence[Piece], role: Role) -> list[Piece]:
        """Return the pieces that are encoded and not yet decoded, each once."""
        by_content = {piece.content_hash: piece for piece in pieces}
        return [piece for content, piece in by_content.items() if (content, role) not in self._complete]

    def decode_request(self, piece: Piece, role: Role) -> DecodeRequest:
        """Return the request for a pending piece: each distinct window, within the pitches that it has."""
        encoding, spec = self._encodings[piece.content_hash, role], ROLE_SPECS[role]
        rows = encoding.unique_windows
        bias = pitch_bias([piece], Alignment(rows[:, None]), role, np.ones((len(rows), 1), np.float32))
        window_keys = [(window_hash,) for window_hash in piece.window_hashes[role][rows].tolist()]
        sampling = SamplingParams(spec, self._options.seed, self._options.temperature, bias, window_keys)
        return DecodeRequest.of_single_latents(encoding.latents[rows], piece.chords[rows], sampling)

    def complete(self, piece: Piece, role: Role, windows: I16) -> None:
        """Build the reconstruction of a pending piece.

        Parameters
        ----------
        piece : Piece
        role : Role
        windows : ndarray, shape (n_unique, n_steps) or (n_unique, n_steps, n_voices), int16
            What was decoded for its request.
        """
        key = piece.content_hash, role
        encoding = self._encodings.pop(key)
        own, decoded = piece.windows[role][encoding.unique_windows], normalize_rests(windows, role)
        distance = window_distance.distance(own, decoded, ROLE_SPECS[role])
        f1 = quality.reconstruction_f1(own, decoded, distance, role)
        endpoint = quality.endpoint_windows(own, decoded, f1, role)
        is_own = (endpoint == own).reshape(len(own), -1).all(axis=1)
        silence = Reconstruction.of_silence(encoding.latents, role, piece.steps_per_window)
        self._complete[key] = reconstruction = Reconstruction(
            encoding.latents,
            encoding.scatter(decoded, silence.decoded),
            encoding.scatter(f1, silence.f1),
            encoding.scatter(endpoint, silence.endpoint),
            encoding.scatter(np.where(is_own, 0.0, distance), silence.distance),
        )
        self._cache.add((*key, self._options), reconstruction)

    def get(self, piece: Piece, role: Role, check_cancelled: CancellationCheck) -> Reconstruction:
        """Return the reconstruction of a role of a piece, decoding it now if it is not complete.

        Parameters
        ----------
        piece : Piece
        role : Role
            Silence if the piece lacks it.
        check_cancelled : CancellationCheck
            Called before every batch.
        """
        self.latents(piece, role, check_cancelled)
        for pending in self.pending([piece], role):
            request, n_steps = self.decode_request(pending, role), pending.steps_per_window
            self.complete(pending, role, self._registry.decode(role, [request], n_steps, check_cancelled)[0])
        return self._complete[piece.content_hash, role]
