"""The adversarial pair: a generator of latent sequences and the critic that judges them.

Music is a sequence of two-bar windows; in each, every role is a point in the latent space of its MusicVAE, reduced to
its leading principal components (`LatentSpace`). The generator turns noise and conditions into such a sequence, the
critic compares it with sequences encoded from real music. Training in a latent space leaves the spelling of notes to
the decoders, so that the adversary only has to learn what goes together: role with role, window with window.

The critic looks at three scales: single windows across roles, the line of windows, and the self-similarity of the
piece. It also reads what a frozen `Probe` says each latent sounds like, beat by beat, which makes consonance between
roles visible to it.

Sources: Engel, Hoffman and Roberts, *Latent Constraints*, ICLR 2018; Miyato and Koyama, *cGANs with Projection
Discriminator*, ICLR 2018; Sauer et al., *Projected GANs Converge Faster*, NeurIPS 2021.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from gan.shapes import BEATS, FEATURE_COUNT, LATENT_SIZE, POSITIONS, PROBE_SIZE, ROLE_COUNT

PLACE_SIZE = 3
"""Numbers that say where a window stands: whether it opens the piece, whether it ends it, its share of the way."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Every size of the networks; the manifest carries it, so that weights rebuild their own networks."""

    styles: int
    modes: int = 2
    meters: int = 3
    components: int = 48
    piece_noise: int = 48
    phrase_noise: int = 64
    window_noise: int = 32
    width: int = 160
    layers: int = 2
    heads: int = 4

    def as_dict(self) -> dict[str, int]:
        """The sizes by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is asked of a batch of sequences.

    Attributes
    ----------
    style, mode, meter : Tensor, shape (batch,), int64
        Rows of the embeddings; mode 0 is major, meter indexes `gan.shapes.METERS`.
    features : Tensor, shape (batch, FEATURE_COUNT)
        Standard scores within the style, see `gan.shapes.FEATURES`.
    place : Tensor, shape (batch, windows, PLACE_SIZE)
        Where each window stands in its piece.
    present : Tensor, shape (batch, windows)
        1 where there is a window, 0 where the row is padded.
    roles : Tensor, shape (batch, ROLE_COUNT)
        1 for each role that is known (training) or wanted (serving).
    """

    style: Tensor
    mode: Tensor
    meter: Tensor
    features: Tensor
    place: Tensor
    present: Tensor
    roles: Tensor


@dataclass(frozen=True, slots=True)
class Sequences:
    """What the critic sees: ``points`` (batch, windows, roles, components) and ``sounding`` (batch, windows, roles).

    What sounds is planned, not generated: made sequences have the rests of the real ones that they are compared with.
    """

    points: Tensor
    sounding: Tensor


@dataclass(frozen=True, slots=True)
class Noise:
    """The chance in a batch.

    ``piece`` (batch, n), ``phrase`` and ``window`` (batch, windows, n). Windows that share a letter of the form share
    their phrase noise.
    """

    piece: Tensor
    phrase: Tensor
    window: Tensor


class LatentSpace(nn.Module):
    """The affine map between a MusicVAE's latents and the points that the GAN works on.

    Points are coordinates along the leading principal components of real latents, divided by one number a role, so
    that a point's length has mean square 1 a component.
    """

    mean: Tensor
    basis: Tensor
    scale: Tensor

    def __init__(self, components: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(ROLE_COUNT, LATENT_SIZE))
        self.register_buffer("basis", torch.zeros(ROLE_COUNT, LATENT_SIZE, components))
        self.register_buffer("scale", torch.ones(ROLE_COUNT))

    def points(self, latents: Tensor) -> Tensor:
        """Map latents (..., roles, LATENT_SIZE) to points (..., roles, components)."""
        centred = latents - self.mean
        return torch.einsum("...rl,rlk->...rk", centred, self.basis) / self.scale[:, None]

    def latents(self, points: Tensor) -> Tensor:
        """Map points (..., roles, components) back to latents (..., roles, LATENT_SIZE)."""
        return torch.einsum("...rk,rlk->...rl", points * self.scale[:, None], self.basis) + self.mean


class RoleMlp(nn.Module):
    """One two-layer perceptron a role, run side by side on (..., roles, inputs)."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.randn(ROLE_COUNT, inputs, hidden) * inputs**-0.5)
        self.first_bias = nn.Parameter(torch.zeros(ROLE_COUNT, hidden))
        self.second = nn.Parameter(torch.randn(ROLE_COUNT, hidden, outputs) * hidden**-0.5)
        self.second_bias = nn.Parameter(torch.zeros(ROLE_COUNT, outputs))

    def forward(self, values: Tensor) -> Tensor:
        """Map (..., roles, inputs) to (..., roles, outputs)."""
        hidden = functional.silu(torch.einsum("...ri,rih->...rh", values, self.first) + self.first_bias)
        return torch.einsum("...rh,rho->...ro", hidden, self.second) + self.second_bias


class Probe(nn.Module):
    """Hears a latent without decoding it: what sounds on each beat, how often notes begin, and how high they are.

    Trained on real windows and then frozen. Output (..., roles, PROBE_SIZE): for pitched roles 12 chroma logits a
    beat, for drums 9 classes a beat; then the onsets of each beat; then the mean pitch (see `gan.hearing`).
    """

    def __init__(self, components: int, hidden: int = 256) -> None:
        super().__init__()
        self.body = RoleMlp(components, hidden, PROBE_SIZE)

    def forward(self, points: Tensor) -> Tensor:
        """Return the raw outputs: logits of presence first, then linear values."""
        heard: Tensor = self.body(points)
        return heard

    def listen(self, points: Tensor) -> Tensor:
        """Return presences as chances in 0..1, onsets and pitch as they are."""
        raw = self.forward(points)
        return torch.cat([raw[..., : 12 * BEATS].sigmoid(), raw[..., 12 * BEATS :]], dim=-1)


class Attention(nn.Module):
    """A pre-norm transformer block over windows, conditioned by an adaptive norm."""

    def __init__(self, width: int, heads: int, condition: int) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(condition, 4 * width)
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.body = nn.Sequential(nn.Linear(width, 3 * width), nn.SiLU(), nn.Linear(3 * width, width))

    def forward(self, hidden: Tensor, condition: Tensor, present: Tensor) -> Tensor:
        """Map (batch, windows, width) to the same shape; absent windows are not looked at."""
        scale, shift, scale_2, shift_2 = self.modulation(condition)[:, None].chunk(4, dim=-1)
        normed = functional.layer_norm(hidden, hidden.shape[-1:]) * (1 + scale) + shift
        batch, windows, width = hidden.shape
        query, key, value = self.mix(normed).view(batch, windows, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = present[:, None, None, :].bool()
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        hidden = hidden + self.out(mixed.transpose(1, 2).reshape(batch, windows, width))
        normed = functional.layer_norm(hidden, hidden.shape[-1:]) * (1 + scale_2) + shift_2
        out: Tensor = hidden + self.body(normed)
        return out


class ConditionEmbedding(nn.Module):
    """Style, mode, meter, features and wanted roles as one vector."""

    def __init__(self, shape: Shape, width: int) -> None:
        super().__init__()
        self.style = nn.Embedding(shape.styles, width)
        self.mode = nn.Embedding(shape.modes, width)
        self.meter = nn.Embedding(shape.meters, width)
        self.features = nn.Linear(FEATURE_COUNT + ROLE_COUNT, width)
        self.body = nn.Sequential(nn.SiLU(), nn.Linear(width, width))

    def forward(self, conditions: Conditions) -> Tensor:
        """Return (batch, width)."""
        numbers = torch.cat([conditions.features, conditions.roles], dim=-1)
        total = self.style(conditions.style) + self.mode(conditions.mode) + self.meter(conditions.meter)
        out: Tensor = self.body(total + self.features(numbers))
        return out


class Generator(nn.Module):
    """Noise and conditions to a latent sequence of all four roles."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.condition = ConditionEmbedding(shape, shape.width)
        noise = shape.piece_noise + shape.phrase_noise + shape.window_noise
        self.entry = nn.Linear(noise + PLACE_SIZE, shape.width)
        self.position = nn.Embedding(POSITIONS, shape.width)
        self.blocks = nn.ModuleList(Attention(shape.width, shape.heads, shape.width) for _ in range(shape.layers))
        self.roles = nn.Linear(shape.width, ROLE_COUNT * shape.width // 2)
        self.points = RoleMlp(shape.width // 2, shape.width, shape.components)

    def forward(self, noise: Noise, conditions: Conditions) -> Tensor:
        """Generate the points of a batch: (batch, windows, roles, components)."""
        windows = noise.phrase.shape[1]
        condition = self.condition(conditions)
        piece = noise.piece[:, None].expand(-1, windows, -1)
        hidden = self.entry(torch.cat([piece, noise.phrase, noise.window, conditions.place], dim=-1))
        hidden = hidden + self.position.weight[torch.arange(windows, device=hidden.device) % POSITIONS]
        for block in self.blocks:
            hidden = block(hidden, condition, conditions.present)
        by_role = functional.silu(self.roles(hidden)).unflatten(-1, (ROLE_COUNT, -1))
        points: Tensor = self.points(by_role)
        return points

    def draw(self, letters: Tensor, random: torch.Generator) -> Noise:
        """Draw the noise of a batch whose windows have these letters.

        Parameters
        ----------
        letters : Tensor, shape (batch, windows), int64
            Windows with one letter share their phrase noise.
        random : torch.Generator
        """
        batch, windows = letters.shape
        phrases = torch.randn(batch, int(letters.max()) + 1, self.shape.phrase_noise, generator=random)
        return Noise(
            piece=torch.randn(batch, self.shape.piece_noise, generator=random),
            phrase=torch.take_along_dim(phrases, letters[:, :, None], dim=1),
            window=torch.randn(batch, windows, self.shape.window_noise, generator=random),
        )


class Critic(nn.Module):
    """How much a latent sequence is like real music under its conditions; higher is more real."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.probe = Probe(shape.components)
        self.probe.requires_grad_(False)
        self.condition = ConditionEmbedding(shape, width)
        self.heard = RoleMlp(PROBE_SIZE, 64, 48)
        inputs = ROLE_COUNT * (shape.components + 48 + 2) + AGREEMENTS * BEATS
        self.window = nn.Sequential(nn.Linear(inputs, 2 * width), nn.SiLU(), nn.Linear(2 * width, width), nn.SiLU())
        self.window_score = nn.Linear(width, 1)
        self.line = nn.ModuleList(nn.Linear(3 * n, width) for n in (width + PLACE_SIZE, width))
        self.line_score = nn.Linear(2 * width, 1)
        self.line_match = nn.Linear(2 * width, width)
        self.form = nn.Sequential(nn.Linear(ROLE_COUNT * POSITIONS**2, width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, sequences: Sequences, conditions: Conditions) -> Tensor:
        """Score a batch of at most POSITIONS windows each: shape (batch,)."""
        known = conditions.roles[:, None, :] * conditions.present[:, :, None]
        sounding = sequences.sounding * known
        points = sequences.points * sounding[..., None]
        hidden = self.window(self._view(points, sounding, known))
        condition = self.condition(conditions)
        count = conditions.present.sum(1)
        single = self.window_score(hidden)[..., 0] + (hidden * condition[:, None]).mean(-1)
        single = (single * conditions.present).sum(1) / count
        line = self._line(hidden, conditions)
        whole = self.line_score(line)[:, 0] + (self.line_match(line) * condition).mean(-1)
        total: Tensor = single + whole + self.form(_self_similarity(points))[:, 0]
        return total

    def _view(self, points: Tensor, sounding: Tensor, known: Tensor) -> Tensor:
        heard = self.probe.listen(points) * sounding[..., None]
        parts = [points, self.heard(heard), sounding[..., None], known[..., None]]
        return torch.cat([torch.cat(parts, dim=-1).flatten(2), _agreement(heard)], dim=-1)

    def _line(self, hidden: Tensor, conditions: Conditions) -> Tensor:
        present = conditions.present[:, :, None]
        values = torch.cat([hidden, conditions.place.to(hidden.dtype)], dim=-1) * present
        for layer in self.line:
            around = functional.pad(values, (0, 0, 1, 1))
            beside = torch.cat([around[:, :-2], values, around[:, 2:]], dim=-1)
            values = functional.silu(layer(beside)) * present
        mean = values.sum(1) / conditions.present.sum(1, keepdim=True)
        return torch.cat([mean, values.amax(1)], dim=-1)


AGREEMENTS = 6
"""Numbers a beat about how two pitched roles agree: for each of three pairs, common chroma and semitone clashes."""


def _agreement(heard: Tensor) -> Tensor:
    """Compare the chroma of the three pitched roles beat by beat: (batch, windows, AGREEMENTS * BEATS)."""
    chroma = heard[:, :, :3, : 12 * BEATS].unflatten(-1, (BEATS, 12))
    beside = 0.5 * (chroma.roll(1, -1) + chroma.roll(-1, -1))
    pairs = ((0, 1), (0, 2), (1, 2))
    common = [(chroma[:, :, a] * chroma[:, :, b]).sum(-1) for a, b in pairs]
    clash = [(chroma[:, :, a] * beside[:, :, b]).sum(-1) for a, b in pairs]
    return torch.cat(common + clash, dim=-1)


def _self_similarity(points: Tensor) -> Tensor:
    """Compare every two windows by the cosine of each role's points: (batch, roles * POSITIONS ** 2), padded."""
    unit = points / (points.square().sum(-1, keepdim=True) + 1e-3).sqrt()
    matrix = torch.einsum("bwrk,bvrk->brwv", unit, unit)
    missing = POSITIONS - matrix.shape[-1]
    return functional.pad(matrix, (0, missing, 0, missing)).flatten(1)
