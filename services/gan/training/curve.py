"""The learning curve: how far generated latents are from held-out ones.

A Fréchet distance (Heusel et al., NeurIPS 2017) between windows of all roles side by side, in the GAN's own space, and
how well roles agree beat by beat as the probe hears them. Cheap enough to follow a run; `evaluate` measures notes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from gan.network import Critic, Generator, Sequences
from gan.shapes import BEATS
from torch import Tensor

from .dataset import Encoded

SAMPLES = 768
KEPT = 24
"""Leading components of each role that the distance looks at."""

Cloud = npt.NDArray[np.float64]
"""Points, one a row."""


class Curve:
    """Measures a generator against a fixed batch of held-out chunks.

    Parameters
    ----------
    held_out : Encoded
    seed : int
        Of the choice of chunks and of the noise, the same at each measurement.
    """

    def __init__(self, held_out: Encoded, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.batch = held_out.batch(rng.integers(0, len(held_out.chunks.start), SAMPLES))
        self.seed = seed

    @torch.no_grad()
    def measure(self, generator: Generator, critic: Critic) -> dict[str, float]:
        """Return the distance, and real and generated agreement of harmony with bass and lead."""
        conditions = self.batch.conditions
        noise = generator.draw(self.batch.letters, torch.Generator().manual_seed(self.seed))
        fake = Sequences(generator(noise, conditions), self.batch.real.sounding)
        known = conditions.roles[:, None] * conditions.present[:, :, None]
        out = {"distance": round(_distance(_windows(self.batch.real, known), _windows(fake, known)), 3)}
        for name, sequences in (("real", self.batch.real), ("made", fake)):
            lead, bass = _agreement(critic, sequences, known)
            out |= {f"{name}_lead_agrees": round(lead, 4), f"{name}_bass_agrees": round(bass, 4)}
            out[f"{name}_score"] = round(float(critic(sequences, conditions).mean()), 3)
        return out


def _windows(sequences: Sequences, known: Tensor) -> Cloud:
    sounding = (sequences.sounding * known)[..., None]
    points = (sequences.points[..., :KEPT] * sounding).flatten(2)
    return points[known.amax(2) > 0].double().numpy()


def _distance(real: Cloud, made: Cloud) -> float:
    """Fréchet distance of two clouds taken as Gaussians; the trace of the root through the symmetric product."""
    a, b = np.cov(real, rowvar=False), np.cov(made, rowvar=False)
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    middle = np.linalg.eigvalsh(root @ b @ root)
    apart = float(np.square(real.mean(0) - made.mean(0)).sum())
    return apart + float(np.trace(a) + np.trace(b) - 2 * np.sqrt(np.maximum(middle, 0)).sum())


def _agreement(critic: Critic, sequences: Sequences, known: Tensor) -> tuple[float, float]:
    """Share of lead and bass chroma that the harmony holds too, where all three sound."""
    heard = critic.probe.listen(sequences.points)[..., : 12 * BEATS].unflatten(-1, (BEATS, 12)) > 0.5
    sounding = (sequences.sounding * known)[:, :, :3].amin(-1) > 0
    lead, harmony, bass = heard[sounding][:, :3].float().unbind(1)
    shares = [(part * harmony).sum() / part.sum().clamp_min(1) for part in (lead, bass)]
    return float(shares[0]), float(shares[1])
