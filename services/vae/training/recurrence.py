"""A faster path through the same networks, for training on a CPU: `FusedMusicVae` computes what `MusicVae` does.

PyTorch's LSTM multiplies one-hot vectors and repeats z at every step. Here one-hots become rows of the weights, z
is multiplied once, and what is left of the recurrence runs in `recurrence.cpp`. Parameters and their names are
those of `MusicVae`, so that checkpoints go both ways. Needs a C++ compiler; `training.train --kernel torch` does not.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils import cpp_extension

from training.model import MusicVae

HALF = torch.bfloat16


@cache
def kernel() -> ModuleType:
    """Compile the C++ part, once a machine."""
    source = Path(__file__).with_name("recurrence.cpp")
    flags = ["-O3", "-march=native", "-ffast-math"]
    return cpp_extension.load("segue_recurrence", [str(source)], extra_cflags=flags, extra_ldflags=["-lmvec", "-lm"])


class Recurrence(torch.autograd.Function):
    """An LSTM layer after its inputs were multiplied: `x` to the hidden state of every step."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, h0: Tensor, c0: Tensor, weight: Tensor) -> Tensor:
        """Run the layer.

        Parameters
        ----------
        x : Tensor, shape (steps, batch, 4 * units), bfloat16
        h0, c0 : Tensor, shape (batch, units), float32
        weight : Tensor, shape (4 * units, units), float32

        Returns
        -------
        Tensor, shape (steps, batch, units), bfloat16
        """
        narrow = weight.to(HALF)
        h, c, gates = kernel().forward(x.contiguous(), h0.contiguous(), c0.contiguous(), narrow.t().contiguous())
        ctx.save_for_backward(h, c, gates, narrow)
        return h[1:]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the gradients of x, h0, c0 and the weight."""
        h, c, gates, weight = ctx.saved_tensors
        dx, dh0, dc0 = kernel().backward(gradients[0].to(HALF).contiguous(), c, gates, weight)
        dweight = dx.flatten(0, 1).t() @ h[:-1].flatten(0, 1)
        return dx, dh0, dc0, dweight.float()


class FusedMusicVae(MusicVae):
    """`MusicVae` with the fused recurrence under its training methods."""

    def encode_tokens(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Do as `MusicVae.encode`, from tokens of shape (batch, steps[, voices])."""
        lstm, batch = self.encoder, len(tokens)
        zeros = tokens.new_zeros(batch, lstm.hidden_size, dtype=torch.float32)
        last = []
        for suffix, ordered in (("l0", tokens), ("l0_reverse", tokens.flip(1))):
            weight, recurrent, bias = self._weights("encoder", suffix)
            x = self._rows(weight, ordered) + bias.to(HALF)
            last.append(Recurrence.apply(x, zeros, zeros, recurrent)[-1].float())
        summary = torch.cat(last, dim=-1)
        return self.mu(summary), functional.softplus(self.sigma(summary))

    def decode_tokens(self, z: Tensor, tokens: Tensor, seen: Tensor) -> Tensor:
        """Do as `MusicVae.decode`, from the true tokens; `seen` (batch, steps) masks what the decoder may read."""
        weight, recurrent, bias = self._weights("decoder", "l0")
        depth = self.spec.depth
        hidden, cell = self.start(z)
        before = functional.pad(seen[:, :-1], (1, 0))
        x = self._rows(weight[:, :depth], tokens.roll(1, dims=1), before)
        x = x + functional.linear(z.to(HALF), weight[:, depth:].to(HALF), bias.to(HALF))
        lower = Recurrence.apply(x, hidden[0], cell[0], recurrent)
        weight, recurrent, bias = self._weights("decoder", "l1")
        x = functional.linear(lower, weight.to(HALF), bias.to(HALF))
        upper = Recurrence.apply(x, hidden[1], cell[1], recurrent)
        logits = functional.linear(upper, self.output.weight.to(HALF), self.output.bias.to(HALF))
        return logits.transpose(0, 1)

    def _weights(self, lstm: str, suffix: str) -> tuple[Tensor, Tensor, Tensor]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        weight, recurrent, first, second = (getattr(getattr(self, lstm), f"{name}_{suffix}") for name in names)
        return weight, recurrent, first + second

    def _rows(self, weight: Tensor, tokens: Tensor, seen: Tensor | None = None) -> Tensor:
        """Multiply one-hots by a weight (4 * units, depth): pick its columns. Shape (steps, batch, 4 * units)."""
        blank = weight.shape[1]
        table = functional.pad(weight.to(HALF).t(), (0, 0, 0, 1))
        voices = tokens.reshape(*tokens.shape[:2], -1) + self.spec.classes * torch.arange(self.spec.voices)
        if seen is not None:
            voices = voices.masked_fill(~seen.unsqueeze(-1), blank)
        picked = functional.embedding(voices.transpose(0, 1), table)
        return picked.sum(dim=2) if self.spec.voices > 1 else picked.squeeze(2)
