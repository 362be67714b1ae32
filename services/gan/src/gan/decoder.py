"""The decoders of the MusicVAE models, in torch: latents to grid events, many windows at once.

The GAN carries its own copy of the decoder's arithmetic and reads the weights that the VAE models ship, so that one
request needs no second service. What a step reads beside its state is the token before, what the conductor says of the
step, its place in the window and, in lead and bass, the chord of its beat. All of that but the token is known before
the first step, and every one-hot vector's matrix product is a look-up: a step costs the recurrence and little else.

What is drawn can be steered by a *bias* a step, added to the logits: see `gan.harmony`.

Source of the network: Roberts et al., *A Hierarchical Latent Vector Model for Learning Long-Term Structure in Music*,
ICML 2018, with the conventions of Magenta's `CategoricalLstmDecoder`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from gan.shapes import BEATS, CONDUCTOR_DEPTH, LATENT_SIZE, STEPS_PER_BEAT, WIDEST

Choose = Callable[[Tensor, int], Tensor]
"""Takes the logits (n, voices, classes) of a step and its number, and returns a token for each voice (n, voices)."""

PARTS = ("initial_state", "plan", "codes", "score", "decoder", "output")


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
        wanted = {name: weights[name].float() for name in weights if name.startswith(PARTS)}
        self.voices = voices
        self.depth = wanted["output.weight"].shape[0]
        self.classes = self.depth // voices
        read = wanted["decoder.weight_ih_l0"].t().contiguous()
        of_controls = read[self.depth + CONDUCTOR_DEPTH :]
        self._of_token = read[: self.depth]
        self._of_conductor = read[self.depth : self.depth + CONDUCTOR_DEPTH]
        self._of_place, self._of_chord = of_controls[:WIDEST], of_controls[WIDEST:]
        self._bias = wanted["decoder.bias_ih_l0"] + wanted["decoder.bias_hh_l0"]
        self._first = wanted["decoder.weight_hh_l0"].t().contiguous()
        both = torch.cat([wanted["decoder.weight_ih_l1"], wanted["decoder.weight_hh_l1"]], dim=1)
        self._second = both.t().contiguous()
        self._second_bias = wanted["decoder.bias_ih_l1"] + wanted["decoder.bias_hh_l1"]
        self._start = wanted["initial_state.weight"], wanted["initial_state.bias"]
        self._conductor = {name: wanted[name] for name in wanted if name.startswith(("plan", "codes", "score"))}
        units = wanted["decoder.weight_hh_l0"].shape[1]
        self._output = wanted["output.weight"][:, :units].t().contiguous()
        self._output_of_conductor = (wanted["output.weight"][:, units:].contiguous(), wanted["output.bias"])
        self._row = torch.arange(voices) * self.classes

    @property
    def is_told_chords(self) -> bool:
        """Whether the chord of each beat is told to it."""
        return len(self._of_chord) > 0

    def decode(
        self,
        latents: Tensor,
        steps: int,
        temperature: float,
        random: torch.Generator,
        chords: Tensor | None = None,
        bias: Tensor | None = None,
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
        chords : Tensor, shape (n, BEATS), int64, optional
            The triad of each beat, numbered as `score.chords` does; none known where absent. Only lead and bass
            listen.
        bias : Tensor, shape (n, steps, classes), optional
            Added to the logits of every voice.

        Returns
        -------
        Tensor, shape (n, steps) or (n, steps, voices), int64
        """

        def choose(logits: Tensor, step: int) -> Tensor:
            return _draw(logits if bias is None else logits + bias[:, step, None, :], temperature, random)

        events = self.run(latents, steps, chords, choose)
        return events if self.voices > 1 else events[:, :, 0]

    @torch.inference_mode()
    def run(self, latents: Tensor, steps: int, chords: Tensor | None, choose: Choose) -> Tensor:
        """Run the recurrence, letting a function choose the tokens of each step: shape (n, steps, voices)."""
        if latents.shape[1] != LATENT_SIZE:
            raise ValueError(f"a latent has {LATENT_SIZE} numbers, not {latents.shape[1]}")
        c_0, h_0, c_1, h_1 = torch.tanh(functional.linear(latents, *self._start)).chunk(4, dim=-1)
        conducted = self._conduct(latents, steps)
        known = self._known(conducted, chords)
        spoken = torch.zeros_like(known[0])
        standing_logits = functional.linear(conducted, *self._output_of_conductor)
        drawn = []
        for step in range(steps):
            h_0, c_0 = _cell(torch.addmm(known[step] + spoken, h_0, self._first), c_0)
            gates = torch.addmm(self._second_bias, torch.cat([h_0, h_1], dim=1), self._second)
            h_1, c_1 = _cell(gates, c_1)
            logits = torch.addmm(standing_logits[step], h_1, self._output)
            tokens = choose(logits.unflatten(1, (self.voices, self.classes)), step)
            spoken = functional.embedding(tokens + self._row, self._of_token).sum(1)
            drawn.append(tokens)
        return torch.stack(drawn, dim=1)

    def _conduct(self, latents: Tensor, steps: int) -> Tensor:
        """Say what the latents mean for each step: shape (steps, n, CONDUCTOR_DEPTH)."""
        codes = self._dense("codes", functional.relu(self._dense("plan", latents)))
        codes = codes + functional.linear(latents, self._conductor["codes_line.weight"])
        beats = self._dense("score_first", codes.unflatten(1, (BEATS, -1)))
        beats = beats + self._dense("score_second", functional.relu(beats))
        conducted = self._dense("score", functional.relu(beats)).reshape(-1, WIDEST, CONDUCTOR_DEPTH)
        return conducted[:, :steps].transpose(0, 1).contiguous()

    def _dense(self, name: str, values: Tensor) -> Tensor:
        return functional.linear(values, self._conductor[f"{name}.weight"], self._conductor[f"{name}.bias"])

    def _known(self, conducted: Tensor, chords: Tensor | None) -> Tensor:
        """Sum what the first layer's gates get at each step from all but the token before: (steps, n, gates)."""
        steps, count = conducted.shape[:2]
        known: Tensor = conducted @ self._of_conductor + (self._bias + self._of_place[:steps, None])
        if self.is_told_chords:
            of_beat = torch.zeros(count, BEATS, dtype=torch.int64) if chords is None else chords
            of_step = of_beat.repeat_interleave(STEPS_PER_BEAT, dim=1)[:, :steps]
            known += functional.embedding(of_step.t(), self._of_chord)
        return known


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
