"""The blend: pieces in, one piece out.

1. The pieces are put in one meter and aligned: the plan says which windows meet (`vae.alignment`).
2. Every role's windows are encoded, by the mean of their posteriors (`vae.reconstruction`).
3. Latents that meet are interpolated on the sphere, by the shares of the parents that sound there, and moved by the
   attribute sliders (`vae.blending.interpolation`).
4. Harmony is decoded first; lead and bass are decoded on its chords and sampled so that they fit it
   (`vae.conditioning`). What repeats in all parents is decoded once, so that it repeats in the blend.
5. Windows that a model cannot reconstruct are replaced (`vae.blending.fallback`), and kept from coming nearer to a
   parent than what its model gives back of it (`vae.blending.distance_floor`).
6. Windows are joined, and dynamics, programs, tempo, key and timing added (`vae.expression`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, islice

import numpy as np
from score import chords as chord_names
from score import grid as grids
from score import windows
from score.grid import Grid, GridKey, GridTempo
from score.model import Notice
from score.roles import Role

from vae.alignment import meter, window_alignment
from vae.alignment.meter import MeterPolicy
from vae.alignment.window_alignment import Plan
from vae.blending import fallback
from vae.blending.blend_weights import Weights
from vae.blending.interpolation import Mixture, mix
from vae.blending.latents import evened
from vae.conditioning import interval_prior, logit_bias
from vae.conditioning.attributes import Attribute, Slider, Vectors
from vae.expression import dynamics, microtiming
from vae.expression.microtiming import Timing
from vae.models.model_registry import Bank, Interrupt, Order, go_on
from vae.models.sampling import Draw
from vae.models.specs import ROLE_SPECS
from vae.pieces import segmentation
from vae.pieces.piece import Chords, Events, Flags, Floats, Piece, sounds
from vae.reconstruction.store import Manner, Portraits

ROLE_ORDER = (Role.HARMONY, Role.BASS, Role.LEAD, Role.DRUMS)
"""Harmony first: bass and lead are decoded to fit it."""

_REGISTER_SEMITONES = 12.0
"""How far beyond their parents' registers notes may go when the register slider is all the way up or down."""


@dataclass(frozen=True)
class Wishes:
    """What a blend should be.

    Attributes
    ----------
    weights : Weights
        Checked.
    temperature : float
        0 takes the likeliest tokens.
    seed : int
    tempo_bpm : float or None
        Instead of the parents' tempos.
    key : tuple of (fifths, is_minor) or None
        The signature to write.
    raw : bool
        Only what the models say, for measuring them: no pitch is ruled out, lead and bass are not drawn towards the
        chords, nothing is mended.
    meter_policy : MeterPolicy
    sliders : tuple of Slider
        Need `vectors`.
    vectors : Vectors or None
        The directions that the sliders move along.
    """

    weights: Weights
    temperature: float = 0.0
    seed: int = 0
    tempo_bpm: float | None = None
    key: tuple[int, bool] | None = None
    raw: bool = False
    meter_policy: MeterPolicy = MeterPolicy.CONVERT
    sliders: tuple[Slider, ...] = ()
    vectors: Vectors | None = None

    @property
    def manner(self) -> Manner:
        """How tokens are drawn."""
        return Manner(self.temperature, self.seed, self.raw)

    def shift(self, role: Role) -> Floats | None:
        """Return what the sliders add to each latent of a role; None if nothing."""
        return self.vectors.shift(role, self.sliders) if self.vectors is not None else None

    def lift_semitones(self, role: Role) -> float:
        """Return how far beyond its parents' registers a role may go."""
        lifts = [each.value for each in self.sliders if each.attribute is Attribute.REGISTER]
        return _REGISTER_SEMITONES * sum(lifts) if self.shift(role) is not None else 0.0


@dataclass(frozen=True)
class Blended:
    """A finished blend; its sections are in windows, by the labels of the first parent's sections."""

    grid: Grid
    notices: tuple[Notice, ...]
    timing: Mapping[Role, Timing] = field(default_factory=dict)
    sections: tuple[segmentation.Section, ...] = ()


@dataclass(frozen=True)
class Stage:
    """How far a blend has come: the share of the work that is done, and what is being done."""

    fraction: float
    name: str


@dataclass(frozen=True)
class _Need:
    """What a blend waits for: orders of a role to be decoded."""

    role: Role
    orders: Sequence[Order]
    steps: int


_Course = Generator[Stage | _Need, list[Events], Blended]
"""How a blend goes: it is sent what it needs, and returned at the end."""


@dataclass(frozen=True)
class _Scene:
    """What every step of a blend needs."""

    bank: Bank
    pieces: Sequence[Piece]
    course: Plan
    labels: Sequence[str]
    wishes: Wishes
    portraits: Portraits
    interrupt: Interrupt

    @property
    def roles(self) -> list[Role]:
        """The roles that any parent has, harmony first."""
        return [role for role in ROLE_ORDER if any(role in piece.windows for piece in self.pieces)]

    def shares(self, role: Role | None) -> Floats:
        """Return the parents' shares of a role, None for the piece as a whole: shape (n_windows, n_parents)."""
        weights, asked = self.wishes.weights, (len(self.course), len(self.pieces), self.labels)
        return weights.over_piece(*asked) if role is None else weights.at(role, *asked)


def blend(
    bank: Bank,
    pieces: Sequence[Piece],
    wishes: Wishes,
    interrupt: Interrupt = go_on,
    portraits: Portraits | None = None,
) -> Iterator[Stage | Blended]:
    """Blend pieces.

    Parameters
    ----------
    bank : Bank
    pieces : sequence of Piece
        One is only reconstructed; two or more are blended. They should be in one key.
    wishes : Wishes
    interrupt : Interrupt
        Asked before every batch.
    portraits : Portraits, optional
        Of other blends of the same pieces in the same manner, to use again.

    Yields
    ------
    Stage, then Blended
        The blend is the last.

    Raises
    ------
    InvalidInput
        If a section's label or a meter is not to be had.
    """
    yield Stage(0.0, "align")
    course = _course(_planned(bank, pieces, wishes, portraits or Portraits(bank, wishes.manner), interrupt))
    decoded: list[Events] | None = None
    while True:
        try:
            event = next(course) if decoded is None else course.send(decoded)
        except StopIteration as end:
            yield end.value
            return
        decoded = _decoded(bank, [event], interrupt)[0] if isinstance(event, _Need) else None
        if isinstance(event, Stage):
            yield event


def way(
    bank: Bank,
    pieces: Sequence[Piece],
    stops: Sequence[Wishes],
    interrupt: Interrupt = go_on,
    portraits: Portraits | None = None,
) -> list[Blended]:
    """Blend the same pieces several times, decoding all blends in the same batches.

    Parameters
    ----------
    stops : sequence of Wishes
        Of one manner.
    bank, pieces, interrupt, portraits
        As for `blend`.
    """
    portraits = portraits or Portraits(bank, stops[0].manner)
    courses = [_course(_planned(bank, pieces, wishes, portraits, interrupt)) for wishes in stops]
    blends: list[Blended] = []
    while not blends:
        # The first decodes the parents' portraits; the others find them taken.
        for together in (courses[:1], courses[1:]):
            needs = [next(event for event in course if isinstance(event, _Need)) for course in together]
            for course, decoded in zip(together, _decoded(bank, needs, interrupt), strict=True):
                try:
                    course.send(decoded)
                except StopIteration as end:
                    blends.append(end.value)
    return blends


def _decoded(bank: Bank, needs: Sequence[_Need], interrupt: Interrupt) -> list[list[Events]]:
    """Decode what blends need of one role, those of one length of windows in the same batches."""
    found: list[list[Events]] = [[] for _ in needs]
    for steps in {need.steps for need in needs}:
        alike = [index for index, need in enumerate(needs) if need.steps == steps]
        orders = [order for index in alike for order in needs[index].orders]
        decoded = iter(bank.decode_all(needs[alike[0]].role, orders, steps, interrupt))
        for index in alike:
            found[index] = list(islice(decoded, len(needs[index].orders)))
    return found


def _course(scene: _Scene) -> _Course:
    """Go through the roles, harmony first."""
    bank, interrupt = scene.bank, scene.interrupt
    decoded: dict[Role, Events] = {}
    notices = list(dict.fromkeys(notice for piece in scene.pieces for notice in piece.grid.notices))
    notices += [_replaced(role, scene) for role in scene.roles if bank.is_replaced(role, scene.pieces[0].steps)]
    agenda = _agenda(scene)
    for role in scene.roles:
        yield next(agenda)
        latent = [scene.portraits.latents(piece, role, interrupt) for piece in scene.pieces]
        yield next(agenda)
        mixture = mix(role, scene.pieces, latent, scene.course, scene.shares)
        harmony = logit_bias.heard_with(role, decoded, scene.shares)
        decoded[role], n_unknown = yield from _decode(scene, mixture, harmony)
        if n_unknown:
            notices.append(fallback.notice(role, n_unknown, len(scene.course)))
    audible = {role: cut for role, cut in decoded.items() if sounds(role, cut).any()}
    return _assemble(scene, audible or decoded, notices)


def _replaced(role: Role, scene: _Scene) -> Notice:
    what = f"The model set for the {role.value} knows 4/4 only"
    return Notice("SHIPPED_MODEL_USED", f"{what}: in {scene.pieces[0].grid.meter} Segue's own plays it.")


def reconstruct(bank: Bank, piece: Piece, wishes: Wishes | None = None) -> Blended:
    """Decode a piece from its own latents."""
    return finished(blend(bank, [piece], wishes or Wishes(Weights())))


def finished(events: Iterator[Stage | Blended]) -> Blended:
    """Run a blend to its end and return it."""
    *_, blended = events
    assert isinstance(blended, Blended)
    return blended


def encode(bank: Bank, piece: Piece, interrupt: Interrupt = go_on) -> dict[Role, Floats]:
    """Return the latents of every role of a piece; zeros for its silent windows."""
    portraits = Portraits(bank, Manner(is_raw=True))
    return {role: portraits.latents(piece, role, interrupt) for role in piece.grid.roles}


def _planned(bank: Bank, pieces: Sequence[Piece], wishes: Wishes, portraits: Portraits, interrupt: Interrupt) -> _Scene:
    """Put the pieces in one meter and align them."""
    interrupt()
    labels = segmentation.labels(pieces[0].form)
    wishes.weights.check_labels(labels)
    shares = wishes.weights.mean_shares(len(pieces), labels)
    pieces = meter.agree(pieces, shares, wishes.meter_policy)
    course = window_alignment.align(pieces, shares)
    met = [labels[window] for window in course.sources[:, 0].tolist()]
    return _Scene(bank, pieces, course, met, wishes, portraits, interrupt)


def _agenda(scene: _Scene) -> Iterator[Stage]:
    """Yield what is done next and how far that is, counted in windows: one to encode, one to decode."""
    per_role = (2 * sum(piece.n_windows for piece in scene.pieces), len(scene.course))
    costs = [cost for _ in scene.roles for cost in per_role]
    names = [f"{what} {role.value}" for role in scene.roles for what in ("encode", "blend")]
    for done, name in zip(accumulate(costs, initial=0), names, strict=False):
        yield Stage(done / sum(costs), name)


def _decode(
    scene: _Scene, mixture: Mixture, harmony: Events | None
) -> Generator[_Need, list[Events], tuple[Events, int]]:
    """Decode a role's windows, and say how many of them its model does not know."""
    first, kind = mixture.distinct(harmony)
    told, heard = _told(mixture, harmony)[first], None if harmony is None else harmony[first]
    cut, unknown = yield from _decode_distinct(scene, mixture.at(first), told, heard)
    return cut[kind], int(unknown[kind].sum())


def _decode_distinct(
    scene: _Scene, mixture: Mixture, told: Chords, harmony: Events | None
) -> Generator[_Need, list[Events], tuple[Events, Flags]]:
    """Decode what is between parents, or moved by sliders; take what the model says of a parent elsewhere."""
    role, portraits = mixture.role, scene.portraits
    shift = scene.wishes.shift(role)
    is_new = mixture.sounds if scene.wishes.raw or shift is not None else mixture.is_between
    rows, missing = np.flatnonzero(is_new), portraits.missing(scene.pieces, role)
    orders = [portraits.order(piece, role) for piece in missing]
    if len(rows):
        orders.append(_order(scene, mixture.at(rows), shift, told[rows], None if harmony is None else harmony[rows]))
    decoded = yield _Need(role, orders, mixture.steps)
    for piece, said in zip(missing, decoded, strict=False):
        portraits.develop(piece, role, said)
    mixture = replace(mixture, portraits=[portraits.of(piece, role, scene.interrupt) for piece in scene.pieces])
    cut = mixture.said_of_nearest()
    if len(rows):
        cut[rows] = decoded[-1]
    if scene.wishes.raw:
        return mixture.silenced(cut), np.zeros(len(cut), bool)
    mended, unknown = fallback.mend(mixture, cut, harmony)
    return mixture.kept_off(mixture.silenced(mended)), unknown


def _told(mixture: Mixture, harmony: Events | None) -> Chords:
    """Return the chords of each window: the blended harmony's; where it has none or parents agree, a parent's own."""
    own = mixture.of_nearest([piece.chords for piece in mixture.pieces]).astype(np.int8)
    if harmony is None:
        return own
    blended = chord_names.window_triads(harmony)
    is_new = mixture.is_between & (mixture.unlike > 0)
    return np.where(is_new[:, None] & (blended != chord_names.NO_CHORD), blended, own)


def _order(scene: _Scene, mixture: Mixture, shift: Floats | None, told: Chords, harmony: Events | None) -> Order:
    """Let the parents' latents speak together on chords, within what may sound there.

    Lead and bass are drawn towards the blended harmony.
    """
    role, wishes, bias, line = mixture.role, scene.wishes, None, None
    if not wishes.raw:
        lift = wishes.lift_semitones(role)
        bias = logit_bias.bias(mixture.pieces, mixture.course, role, mixture.shares, mixture.steps, lift)
        line = interval_prior.steering(mixture.pieces, role, mixture.shares, mixture.unlike)
        if bias is not None and harmony is not None:
            bias = bias + logit_bias.chord_bias(harmony, mixture.unlike, mixture.is_led)
    draw = Draw(ROLE_SPECS[role.value], wishes.seed, wishes.temperature, bias, mixture.keys(), line)
    points = mixture.points if shift is None else mixture.points + shift
    return Order(points, evened(mixture.shares, ROLE_SPECS[role.value].evenness), told, draw)


def _assemble(scene: _Scene, decoded: Mapping[Role, Events], notices: Sequence[Notice]) -> Blended:
    """Join the windows of all roles into a grid, with what the models cannot say."""
    pieces, course, shares = scene.pieces, scene.course, {role: scene.shares(role) for role in decoded}
    held: dict[Role, Flags] = {
        role: dynamics.ties(pieces, course, role, shares[role], cut)
        for role, cut in decoded.items()
        if role is not Role.DRUMS
    }
    joined = grids.from_events(
        pieces[0].grid.meter,
        windows.join(decoded, tied=held),
        velocities={
            role: dynamics.velocities(pieces, course, role, shares[role], cut) for role, cut in decoded.items()
        },
        programs={role: dynamics.program(pieces, role, shares[role]) for role in decoded},
    )
    keys = () if scene.wishes.key is None else (GridKey(0, *scene.wishes.key),)
    beside = {role: microtiming.blended(pieces, course, role, shares[role], pieces[0].steps) for role in decoded}
    return Blended(
        replace(joined, tempos=_tempos(scene), keys=keys), tuple(notices), beside, segmentation.of_labels(scene.labels)
    )


def _tempos(scene: _Scene) -> tuple[GridTempo, ...]:
    if scene.wishes.tempo_bpm is not None:
        return (GridTempo.at_bpm(0, scene.wishes.tempo_bpm),)
    return dynamics.tempos(scene.pieces, scene.course, scene.shares(None), scene.pieces[0].steps)
