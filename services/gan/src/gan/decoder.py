"""The decoders of the MusicVAE models, in torch: latents to grid events, many windows at once.

The GAN carries its own copy of the decoder's arithmetic and reads the weights that the VAE models ship, so that one
request needs no second service. Because every input beside the latent is a one-hot vector, the first layer's matrix
product is a look-up, which makes a step several times cheaper than the plain recurrence.

What is drawn can be steered by a *bias* a step, added to the logits: see `gan.harmony`.

Source of the network: Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music*,
ICML 2018, with the conventions of Magenta's `CategoricalLstmDecoder`.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from gan.shapes import LATENT_SIZE


class Decoder:
    """One role's decoder.

    Parameters
    ----------
    weights : mapping of str to Tensor
        The tensors of one VAE model, by their names in its file.
    voices : int
        One-hots a step: 4 for harmony, else 1.
    """

    def __init__(self, weights: Mapping[str, Tensor], voices: int) -> None:
        wanted = {name: weights[name].float() for name in weights if name.startswith(("initial", "decoder", "output"))}
        self.voices = voices
        self.depth = wanted["output.weight"].shape[0]
        self.classes = self.depth // voices
        first = wanted["decoder.weight_ih_l0"]
        self._look_up = first[:, : self.depth].t().contiguous()
        self._from_latent = first[:, self.depth :].t().contiguous()
        self._bias = wanted["decoder.bias_ih_l0"] + wanted["decoder.bias_hh_l0"]
        self._first = wanted["decoder.weight_hh_l0"].t().contiguous()
        both = torch.cat([wanted["decoder.weight_ih_l1"], wanted["decoder.weight_hh_l1"]], dim=1)
        self._second = both.t().contiguous()
        self._second_bias = wanted["decoder.bias_ih_l1"] + wanted["decoder.bias_hh_l1"]
        self._start = (wanted["initial_state.weight"], wanted["initial_state.bias"])
        self._output = (wanted["output.weight"], wanted["output.bias"])
        self._row = torch.arange(voices) * self.classes

    @torch.inference_mode()
    def decode(
        self, latents: Tensor, steps: int, temperature: float, random: torch.Generator, bias: Tensor | None = None
    ) -> Tensor:
        """Decode latents step by step, each step reading what it drew before.

        Parameters
        ----------
        latents : Tensor, shape (n, LATENT_SIZE), float32
        steps : int
            Length of a window.
        temperature : float
            0 takes the likeliest token.
        random : torch.Generator
            Source of chance.
        bias : Tensor, shape (n, steps, classes), optional
            Added to the logits of every voice.

        Returns
        -------
        Tensor, shape (n, steps) or (n, steps, voices), int64
        """
        if latents.shape[1] != LATENT_SIZE:
            raise ValueError(f"a latent has {LATENT_SIZE} numbers, not {latents.shape[1]}")
        c_0, h_0, c_1, h_1 = torch.tanh(functional.linear(latents, *self._start)).chunk(4, dim=-1)
        standing = latents @ self._from_latent + self._bias
        spoken = torch.zeros_like(standing)
        drawn = []
        for step in range(steps):
            h_0, c_0 = _cell(torch.addmm(standing + spoken, h_0, self._first), c_0)
            gates = torch.addmm(self._second_bias, torch.cat([h_0, h_1], dim=1), self._second)
            h_1, c_1 = _cell(gates, c_1)
            logits = functional.linear(h_1, *self._output).unflatten(1, (self.voices, self.classes))
            if bias is not None:
                logits = logits + bias[:, step, None, :]
            tokens = _draw(logits, temperature, random)
            spoken = functional.embedding(tokens + self._row, self._look_up).sum(1)
            drawn.append(tokens)
        events = torch.stack(drawn, dim=1)
        return events if self.voices > 1 else events[:, :, 0]


def _cell(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Apply the gates of an LSTM: (n, 4 * units) and (n, units) to the next hidden and cell state."""
    enter, keep, candidate, leave = gates.chunk(4, dim=1)
    cell = torch.sigmoid(keep) * cell + torch.sigmoid(enter) * torch.tanh(candidate)
    return torch.sigmoid(leave) * torch.tanh(cell), cell


def _draw(logits: Tensor, temperature: float, random: torch.Generator) -> Tensor:
    """Draw a token for each voice: (n, voices, classes) to (n, voices), by the Gumbel trick when not the likeliest."""
    if temperature <= 0:
        return logits.argmax(-1)
    uniform = torch.rand(logits.shape, generator=random).clamp_(1e-9)
    return (logits / temperature - torch.log(-torch.log(uniform))).argmax(-1)
