"""The four models of the service, loaded once, and batches of windows through them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from score.roles import ROLES, Role

from vae.models import checkpoint
from vae.models.checkpoint import Published
from vae.models.sampling import Draw, WindowDraw, joined
from vae.models.specs import BATCH_SIZES, BEATS, LATENT_SIZE, MAX_STEPS, ROLE_SPECS

Floats = npt.NDArray[np.float32]
Events = npt.NDArray[np.int16]
Chords = npt.NDArray[np.int8]

N_THREADS = min(4, len(os.sched_getaffinity(0)))
"""Batches at once: see `vae.networks.magenta_imports`."""


class Model(Protocol):
    """What the bank asks of a role's model; see `vae.networks.role_model.RoleModel`."""

    @property
    def latent_size(self) -> int:
        """How many numbers a window becomes."""
        ...

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """Windows that it takes at once, rising; it is fastest where one of them is met."""
        ...

    def encode(self, tokens: npt.NDArray[np.int64], chords: npt.NDArray[np.int64], steps: int) -> tuple[Floats, Floats]:
        """Return mean and deviation of windows (n, steps, voices) on chords (n, BEATS)."""
        ...

    def decode(self, z: Floats, chords: npt.NDArray[np.int64], steps: int, draw: WindowDraw) -> npt.NDArray[np.int64]:
        """Return the tokens (n, steps, voices) of as many latents as its largest batch on chords (n, BEATS)."""
        ...


@dataclass(frozen=True)
class Order:
    """Windows to decode.

    Attributes
    ----------
    points : ndarray, shape (n, n_latents, latent size), float32
        The latents that speak of each.
    shares : ndarray, shape (n, n_latents), float32
        How much each has to say; rows sum to 1.
    chords : ndarray, shape (n, BEATS), int8
        What is told of each.
    draw : Draw
        How its tokens are drawn.
    """

    points: Floats
    shares: Floats
    chords: Chords
    draw: Draw

    @classmethod
    def of(cls, z: Floats, chords: Chords, draw: Draw) -> Order:
        """Ask for windows of one latent each: shape (n, latent size)."""
        return cls(z[:, None], np.ones((len(z), 1), np.float32), chords, draw)


class Interrupt(Protocol):
    """Asked between batches whether the work is still wanted."""

    def __call__(self) -> None:
        """Raise if it is not."""
        ...


def batches(places: Sequence[int], sizes: Sequence[int] = BATCH_SIZES) -> list[slice]:
    """Spread windows evenly over as few batches as hold them, but no thread is idle while another's is large.

    Parameters
    ----------
    places : sequence of int
        How many places of a batch each window takes.
    sizes : sequence of int
        The model's batches.
    """
    total = sum(places)
    n_batches = max(-(-total // sizes[-1]), min(N_THREADS, -(-total // sizes[0])))
    # Windows are not cut: one that takes several places may go beyond an even share.
    full = min(-(-total // max(n_batches, 1)) + max(places, default=1) - 1, sizes[-1])
    found, start, taken = list[slice](), 0, 0
    for window, count in enumerate(places):
        if taken and taken + count > full:
            found.append(slice(start, window))
            start, taken = window, 0
        taken += count
    return [*found, slice(start, len(places))] if total else []


def go_on() -> None:
    """Interrupt nothing."""


class Bank:
    """Encodes and decodes the windows of every role.

    Parameters
    ----------
    models : mapping
        A model for each role.
    digests : mapping
        The sha256 of each role's weights.
    """

    def __init__(self, models: Mapping[Role, Model], digests: Mapping[Role, str]) -> None:
        self._models = models
        self.digests = dict(digests)
        self._published: dict[Role, Model] = {}
        self._threads = ThreadPoolExecutor(N_THREADS, thread_name_prefix="batch")

    @classmethod
    def load(cls, models: Path, cache: Path, published: Mapping[Role, Published] | None = None) -> Bank:
        """Load the shipped weights, making Magenta's checkpoints where they are missing, and models of its own.

        Raises
        ------
        ModelMismatch
            If weights are missing, damaged, or made for another grid; or if a model of Magenta's own is not there
            or does not fit its role.
        """
        shipped = {role: checkpoint.find(models, role.value) for role in ROLES}
        # TensorFlow takes seconds to import: not before the weights are known to be right.
        from vae.networks.role_model import RoleModel

        built = {
            role: RoleModel(ROLE_SPECS[role.value], checkpoint.prepare(model, cache)) for role, model in shipped.items()
        }
        bank = cls(built, {role: model.sha256 for role, model in shipped.items()})
        bank._publish(published or {})
        bank._warm_up()
        return bank

    def _publish(self, published: Mapping[Role, Published]) -> None:
        """Let models of Magenta's own play their roles wherever they can."""
        from vae.networks.pretrained_model import PublishedModel

        for role, named in published.items():
            self._published[role] = model = PublishedModel(ROLE_SPECS[role.value], named)
            self.digests[role] = model.digest

    def _model(self, role: Role, steps: int) -> Model:
        return (
            self._models[role]
            if self.is_replaced(role, steps) or role not in self._published
            else self._published[role]
        )

    def is_replaced(self, role: Role, steps: int) -> bool:
        """Tell whether a role that a model of Magenta's own plays is played by the shipped one: in other meters."""
        return role in self._published and steps != MAX_STEPS

    def latent_size(self, role: Role, steps: int) -> int:
        """Return how many numbers a window of a role becomes."""
        if role in self._published and not self.is_replaced(role, steps):
            return self._published[role].latent_size
        return LATENT_SIZE

    def _warm_up(self) -> None:
        """Run every size once: TensorFlow plans a graph on its first run."""
        for role in ROLES:
            spec = ROLE_SPECS[role.value]
            for size in BATCH_SIZES:
                z, chords = np.zeros((size, LATENT_SIZE), np.float32), np.zeros((size, BEATS), np.int64)
                tokens = self._models[role].decode(z, chords, MAX_STEPS, Draw(spec, 0, 0.0).windows(0, size, MAX_STEPS))
                self._models[role].encode(tokens, chords, MAX_STEPS)

    def encode(self, role: Role, windows: Events, chords: Chords, interrupt: Interrupt = go_on) -> Floats:
        """Encode windows into the means of their posteriors.

        Parameters
        ----------
        role : Role
        windows : ndarray, shape (n, steps) or (n, steps, voices), int16
        chords : ndarray, shape (n, BEATS), int8
            The triad of each beat, as `score.chords` numbers them; only the models of lead and bass heed it.
        interrupt : Interrupt

        Returns
        -------
        ndarray, shape (n, latent size), float32
        """
        voices = windows.astype(np.int64).reshape(len(windows), windows.shape[1], -1)
        model = self._model(role, windows.shape[1])
        means = np.zeros((len(voices), model.latent_size), np.float32)

        def encode(rows: slice) -> None:
            interrupt()
            means[rows], _ = model.encode(voices[rows], chords[rows].astype(np.int64), windows.shape[1])

        list(self._threads.map(encode, batches([1] * len(voices), model.batch_sizes)))
        return means

    def decode(
        self, role: Role, z: Floats, chords: Chords, steps: int, draw: Draw, interrupt: Interrupt = go_on
    ) -> Events:
        """Decode latents into windows on chords, shape (n, BEATS).

        Returns
        -------
        ndarray, shape (n, steps) or (n, steps, voices), int16
        """
        return self.decode_all(role, [Order.of(z, chords, draw)], steps, interrupt)[0]

    def decode_all(self, role: Role, orders: Sequence[Order], steps: int, interrupt: Interrupt = go_on) -> list[Events]:
        """Decode several orders in the same batches: each comes out as it would alone.

        Where several latents speak of a window, each one's decoder hears what all have drawn so far and says what it
        expects; a token is drawn from the product of what they say, each to the power of its share (Hinton, *Training
        Products of Experts by Minimizing Contrastive Divergence*, Neural Computation 2002).

        Parameters
        ----------
        role : Role
        orders : sequence of Order
            Of one seed and temperature, all with keys or a single one.
        steps : int
        interrupt : Interrupt

        Returns
        -------
        list of ndarray, shape (n, steps) or (n, steps, voices), int16
            One for each order.
        """
        if not orders:
            return []
        model, spec, rows = self._model(role, steps), ROLE_SPECS[role.value], _Rows.of(orders)
        decoded = np.zeros((len(rows.first), steps, spec.voices), np.int16)
        draw = joined([order.draw for order in orders])

        def decode(chosen: slice) -> None:
            interrupt()
            lots = draw.windows(chosen.start, chosen.stop - chosen.start, steps)
            begin, end = rows.first[chosen.start], rows.first[chosen.stop - 1] + rows.counts[chosen.stop - 1]
            speaks = rows.window[begin:end] - chosen.start
            told = rows.chords[rows.window[begin:end]].astype(np.int64)
            lots = lots.together(speaks, rows.shares[begin:end])
            drawn = model.decode(rows.z[begin:end], told, steps, lots)
            decoded[chosen] = drawn[rows.first[chosen] - begin]

        list(self._threads.map(decode, batches(rows.counts.tolist(), model.batch_sizes)))
        cut = decoded if spec.voices > 1 else decoded[..., 0]
        return np.split(cut, np.cumsum([len(order.chords) for order in orders[:-1]]))


@dataclass(frozen=True)
class _Rows:
    """The latents of several orders, one below the other.

    Attributes
    ----------
    z : ndarray, shape (n_latents, latent size), float32
    shares : ndarray, shape (n_latents,), float32
    window : ndarray, shape (n_latents,), int64
        Which window each speaks of.
    counts, first : ndarray, shape (n_windows,), int64
        How many speak of each window, and the first of them.
    chords : ndarray, shape (n_windows, BEATS), int8
    """

    z: Floats
    shares: Floats
    window: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    chords: Chords

    @classmethod
    def of(cls, orders: Sequence[Order]) -> _Rows:
        """Put orders below one another."""
        counts = np.concatenate([np.full(len(order.points), order.points.shape[1], np.int64) for order in orders])
        z = np.concatenate([order.points.reshape(-1, order.points.shape[2]) for order in orders])
        shares = np.concatenate([order.shares.reshape(-1) for order in orders])
        chords = np.concatenate([order.chords for order in orders])
        return cls(z, shares, np.repeat(np.arange(len(counts)), counts), counts, np.cumsum(counts) - counts, chords)
