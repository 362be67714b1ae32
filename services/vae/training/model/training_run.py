"""A training run: its hyperparameters, loss, optimizer step, checkpoint and metrics."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from vae.models.specs import MODEL_SPECS

from .music_vae import MusicVae, divergence_nats, reconstruction_nats

CHECKPOINT_NAME = "checkpoint.pt"
METRICS_NAME = "metrics.jsonl"
WARM_UP_STEPS = 300
MAX_GRADIENT_NORM = 1.0
AVERAGE_DECAY = 0.999
NATS_PER_BIT = math.log(2.0)


@dataclass(frozen=True)
class Hyperparameters:
    """The hyperparameters of a run. Checkpoints contain them by these names.

    Attributes
    ----------
    model : str
        A name in `MODEL_SPECS`.
    seed : int
    steps, minutes : int, float
        The budget: one of them is set.
    batch_size : int
    peak_rate, final_rate : float
        Learning rates after the warm-up and at the end.
    free_bits : float
        Bits of KL divergence per window that cost nothing.
    beta : float
        Weight of the KL divergence beyond the free bits.
    dropped : float
        Share of steps whose tokens are hidden from the decoder (word dropout).
    chordless : float
        Share of windows whose chords are hidden.
    freeze_encoder : bool
        Whether the encoder, and so every latent, stays as it is: attribute vectors remain valid.
    """

    model: str
    seed: int = 1
    steps: int = 0
    minutes: float = 0.0
    batch_size: int = 128
    peak_rate: float = 3e-3
    final_rate: float = 1e-5
    free_bits: float = 64.0
    beta: float = 0.1
    dropped: float = 0.15
    chordless: float = 0.25
    freeze_encoder: bool = False


class TrainingRun:
    """The state of a run: the network, the running average of its weights, the optimizer, and counters.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    folder : Path
        For the checkpoint and the metrics; created when the first of them is written.
    """

    def __init__(self, hyperparameters: Hyperparameters, folder: Path) -> None:
        self.hyperparameters, self.folder = hyperparameters, folder
        torch.manual_seed(hyperparameters.seed)
        spec = MODEL_SPECS[hyperparameters.model]
        self.model, self.average = MusicVae(spec), MusicVae(spec)
        self.average.load_state_dict(self.model.state_dict())
        for layer in self.model.encoder_layers():
            layer.requires_grad_(not hyperparameters.freeze_encoder)
        trainable = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.Adam(trainable, lr=hyperparameters.peak_rate, fused=True)
        self.step, self.windows_seen, self.elapsed_s = 0, 0, 0.0

    @property
    def progress(self) -> float:
        """The share of the budget that is used up, 0 to 1."""
        if self.hyperparameters.steps:
            return min(1.0, self.step / self.hyperparameters.steps)
        return min(1.0, self.elapsed_s / (60.0 * self.hyperparameters.minutes))

    @property
    def learning_rate(self) -> float:
        """The current learning rate: a linear warm-up, then a cosine."""
        final = self.hyperparameters.final_rate
        span = self.hyperparameters.peak_rate - final
        cosine = final + 0.5 * span * (1.0 + math.cos(math.pi * self.progress))
        return cosine * min(1.0, (self.step + 1) / WARM_UP_STEPS)

    def optimizer_step(self, tokens: Tensor, chords: Tensor) -> dict[str, float]:
        """Take one optimizer step on a batch and return its loss terms, in nats per window.

        Parameters
        ----------
        tokens : Tensor, shape (batch, n_steps) or (batch, n_steps, n_voices), int64
        chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.optimizer.zero_grad(set_to_none=True)
        terms = loss_terms(self.model, tokens, chords, self.hyperparameters)
        terms["loss"].backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_GRADIENT_NORM)
        self.optimizer.step()
        self._update_average()
        self.step += 1
        self.windows_seen += len(tokens)
        return {name: float(value.detach()) for name, value in terms.items()}

    def _update_average(self) -> None:
        # The decay grows from .1, so that the average soon forgets the random weights of the beginning.
        decay = min(AVERAGE_DECAY, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            average: list[Tensor] = list(self.average.parameters())
            torch._foreach_lerp_(average, list(self.model.parameters()), weight=1.0 - decay)

    def save(self) -> None:
        """Write the checkpoint; a run that is killed resumes from its last one."""
        state = {
            "plan": asdict(self.hyperparameters),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "windows_seen": self.windows_seen,
            "elapsed_s": self.elapsed_s,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / "checkpoint.tmp"
        torch.save(state, draft)
        draft.replace(self.folder / CHECKPOINT_NAME)

    def resume(self, path: Path, weights_only: bool = False) -> None:
        """Continue from a checkpoint, or with `weights_only` start a new run from its averaged weights."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["average" if weights_only else "model"])
        self.average.load_state_dict(state["average"])
        if weights_only:
            return
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.windows_seen, self.elapsed_s = state["step"], state["windows_seen"], state["elapsed_s"]

    def log(self, **values: float | str) -> None:
        """Append a line of values, with the counters, to the metrics."""
        line = {"step": self.step, "windows": self.windows_seen, "elapsed_s": round(self.elapsed_s, 1), **values}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / METRICS_NAME).open("a") as file:
            file.write(json.dumps(line) + "\n")


def half_precision(device: str) -> torch.autocast:
    """Return a context that computes in bfloat16 where LSTMs can; on a CPU without AVX-512 they need float32."""
    is_able = device != "cpu" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.autocast(device, torch.bfloat16, enabled=is_able)


def loss_terms(model: MusicVae, tokens: Tensor, chords: Tensor, hyperparameters: Hyperparameters) -> dict[str, Tensor]:
    """Compute the mean loss of a batch.

    Parameters
    ----------
    model : MusicVae
    tokens : Tensor, shape (batch, n_steps) or (batch, n_steps, n_voices), int64
    chords : Tensor, shape (batch, BEATS_PER_WINDOW), int64
    hyperparameters : Hyperparameters

    Returns
    -------
    dict of str to Tensor
        ``loss``, ``reconstruction`` and ``divergence``, in nats per window.
    """
    vectors = model.one_hot(tokens)
    # Word dropout: a decoder that cannot rely on the step before learns to use the latent.
    is_visible = (torch.rand(vectors.shape[:2]) >= hyperparameters.dropped).unsqueeze(-1)
    previous = torch.nn.functional.pad((vectors * is_visible)[:, :-1], (0, 0, 1, 0))
    chords = chords * (torch.rand(len(chords), 1) >= hyperparameters.chordless)
    with half_precision("cpu"):
        mean, deviation = model.encode(tokens, chords)
        z = mean + deviation * torch.randn_like(deviation)
        logits = model.decode(z, chords, previous)
    reconstruction = reconstruction_nats(logits, tokens, model.spec.n_classes).mean()
    divergence = divergence_nats(mean, deviation)
    cost = torch.clamp(divergence - hyperparameters.free_bits * NATS_PER_BIT, min=0.0).mean()
    return {
        "loss": reconstruction + hyperparameters.beta * cost,
        "reconstruction": reconstruction,
        "divergence": divergence.mean(),
    }
