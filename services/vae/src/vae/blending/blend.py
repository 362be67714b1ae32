"""The blend: pieces in, one piece out.

| stage | module |
|---|---|
| unify the meters, align the parents' windows | `vae.blending.blend_context`, `vae.alignment` |
| encode the parents' windows | `vae.reconstruction` |
| interpolate latents, shares and rests | `vae.blending.interpolation` |
| decode, harmony first: lead and bass fit its chords | `vae.blending.role_decoding`, `vae.conditioning` |
| fallback for windows that a model cannot reconstruct | `vae.blending.fallback` |
| minimum distance to the parents | `vae.blending.distance_floor` |
| join the windows, add the expression | `vae.blending.assembly`, `vae.expression` |
| attribute sliders | `vae.attributes` |

Several blends of the same pieces go through the stages together, so that their windows share batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
from score.arrays import I16
from score.grid import GridTempo
from score.model import Notice
from score.roles import Role

from vae.attributes.apply import apply_sliders
from vae.blending.assembly import assemble, assemble_end
from vae.blending.blend_context import ROLE_ORDER, BlendContext, build_context
from vae.blending.blend_options import BlendOptions, BlendResult, Progress
from vae.blending.blend_weights import BlendWeights
from vae.blending.fallback import fallback_notice
from vae.blending.role_decoding import decode_together, finish_decoding, prepare_decoding
from vae.expression.notation import write_in_values
from vae.models.model_registry import CancellationCheck, ModelRegistry, never_cancelled
from vae.phrases.assembly import assemble_phrases
from vae.phrases.between import decode_between
from vae.phrases.composition import compose
from vae.phrases.context import PhraseContext, build_phrase_context
from vae.phrases.windows import PhraseWindows, build_windows, decoded_bars
from vae.pieces.notices import piece_notices
from vae.pieces.piece import Piece
from vae.pieces.window_events import sounding_windows
from vae.reconstruction.store import ReconstructionStore


def blend(
    registry: ModelRegistry,
    pieces: Sequence[Piece],
    options: BlendOptions,
    check_cancelled: CancellationCheck = never_cancelled,
    store: ReconstructionStore | None = None,
) -> Iterator[Progress | BlendResult]:
    """Blend pieces.

    Parameters
    ----------
    registry : ModelRegistry
    pieces : sequence of Piece
        A single piece is only reconstructed; two or more are blended. They should be in one key.
    options : BlendOptions
    check_cancelled : CancellationCheck
        Called before every stage and every batch.
    store : ReconstructionStore, optional
        With reconstructions of the same pieces by the same sampling options.

    Yields
    ------
    Progress, and at the end BlendResult

    Raises
    ------
    InvalidInput
        If the first piece has no section of a given label, or the meters differ and the options refuse that.
    """
    yield Progress(0.0, "align")
    store = store or ReconstructionStore(registry, options.sampling_options)
    process = _start(registry, pieces, options, check_cancelled)
    yield from _decode_roles(registry, [process], store, check_cancelled)
    check_cancelled()
    yield process.finish(registry, check_cancelled)


def blend_many(
    registry: ModelRegistry,
    pieces: Sequence[Piece],
    all_options: Sequence[BlendOptions],
    check_cancelled: CancellationCheck = never_cancelled,
    store: ReconstructionStore | None = None,
) -> list[BlendResult]:
    """Blend the same pieces several times, decoding all blends in the same batches.

    Parameters
    ----------
    registry : ModelRegistry
    pieces : sequence of Piece
    all_options : sequence of BlendOptions
        The options of each blend; all have the same sampling options.
    check_cancelled : CancellationCheck
        Called before every batch.
    store : ReconstructionStore, optional
        As for `blend`.

    Returns
    -------
    list of BlendResult
        The same notes as `blend` gives with the same options.
    """
    store = store or ReconstructionStore(registry, all_options[0].sampling_options)
    processes = [_start(registry, pieces, options, check_cancelled) for options in all_options]
    for _ in _decode_roles(registry, processes, store, check_cancelled):
        pass  # nobody follows the progress of several blends
    return [process.finish(registry, check_cancelled) for process in processes]


def reconstruct(registry: ModelRegistry, piece: Piece, options: BlendOptions | None = None) -> BlendResult:
    """Encode a piece and decode it again, with the fallbacks of a blend.

    Parameters
    ----------
    registry : ModelRegistry
    piece : Piece
    options : BlendOptions, optional
    """
    return run_to_end(blend(registry, [piece], options or BlendOptions(BlendWeights())))


def run_to_end(events: Iterator[Progress | BlendResult]) -> BlendResult:
    """Run a blend to its end and return its result."""
    *_, result = events
    assert isinstance(result, BlendResult)
    return result


@dataclass
class _BlendProcess:
    """A blend on its way: what it decodes, its notices, and the windows of the roles that are finished.

    `phrases` is None where the blend is decoded window by window: at its ends, of equal pieces, and unconstrained.
    """

    context: BlendContext | None
    phrases: PhraseContext | None
    phrase_windows: PhraseWindows | None
    notices: list[Notice]
    windows: dict[Role, I16] = field(default_factory=dict)

    @property
    def roles(self) -> Sequence[Role]:
        """The roles to decode."""
        return () if self.context is None else self.context.roles

    def finish(self, registry: ModelRegistry, check_cancelled: CancellationCheck) -> BlendResult:
        """Assemble the blend and apply the sliders."""
        result, context = self._assemble(registry, check_cancelled), self.phrases or self.context
        assert context is not None
        grid = apply_sliders(result.grid, context.options.sliders, context.slider_context)
        # What a slider has moved plays by the grid alone.
        texture = {
            role: played
            for role, played in result.texture.items()
            if role in grid.events and np.array_equal(grid.events[role], result.grid.events[role])
        }
        finished = replace(result, grid=grid, texture=texture)
        return finished if self.phrases is None else self._written(finished, self.phrases)

    def _written(self, result: BlendResult, phrases: PhraseContext) -> BlendResult:
        """Return a phrase blend in the note values of the parent that leads it."""
        written, tempo_bpm = write_in_values(result, 2.0**phrases.leader_octave), phrases.options.tempo_bpm
        if tempo_bpm is None or written is result:
            return written
        return replace(written, grid=replace(written.grid, tempos=(GridTempo.at_bpm(0, tempo_bpm),)))

    def _assemble(self, registry: ModelRegistry, check_cancelled: CancellationCheck) -> BlendResult:
        """Compose the phrases, or assemble the windows of the roles that sound; of all roles if none does."""
        if self.phrases is not None:
            plan, windows = self.phrases.plan, self.phrase_windows
            decoded = {} if windows is None else decoded_bars(windows, self.windows, plan.n_bars)
            between = decode_between(registry, plan, self.phrases.options.sampling_options, check_cancelled)
            return assemble_phrases(self.phrases, compose(plan, decoded, between), self.notices)
        assert self.context is not None
        audible = {role: windows for role, windows in self.windows.items() if sounding_windows(windows, role).any()}
        join = assemble if self.context.options.is_unconstrained else assemble_end
        return join(self.context, audible or self.windows, self.notices)


def _start(
    registry: ModelRegistry, pieces: Sequence[Piece], options: BlendOptions, check_cancelled: CancellationCheck
) -> _BlendProcess:
    """Unify the meters, and align the pieces or plan their phrases."""
    check_cancelled()
    if _is_by_windows(pieces, options):
        context = build_context(pieces, options)
        sole_parent = options.weights.sole_parent(len(pieces))
        is_one_file = all(piece.score == pieces[0].score for piece in pieces)
        parents = [sole_parent or 0] if is_one_file or sole_parent is not None else range(len(pieces))
        notices = piece_notices(context.pieces, parents)
        notices += [
            _shipped_model_notice(role, context.pieces[0].grid.meter)
            for role in context.roles
            if registry.uses_shipped_model(role, context.steps_per_window)
        ]
        return _BlendProcess(context, None, None, notices)
    phrases = build_phrase_context(pieces, options)
    check_cancelled()
    windows = build_windows(phrases)
    notices = piece_notices(phrases.pieces, range(len(pieces)))
    return _BlendProcess(None if windows is None else windows.context, phrases, windows, notices)


def _is_by_windows(pieces: Sequence[Piece], options: BlendOptions) -> bool:
    """Return whether nothing lies between the parents, or the models alone are measured."""
    is_one_piece = len({piece.content_hash for piece in pieces}) == 1
    return is_one_piece or options.is_unconstrained or options.weights.sole_parent(len(pieces)) is not None


def _shipped_model_notice(role: Role, meter: str) -> Notice:
    message = f"The model set for the {role.value} knows only 4/4: in {meter} Segue's own model is used."
    return Notice("SHIPPED_MODEL_USED", message)


def _decode_roles(
    registry: ModelRegistry,
    processes: Sequence[_BlendProcess],
    store: ReconstructionStore,
    check_cancelled: CancellationCheck,
) -> Iterator[Progress]:
    """Encode, interpolate and decode one role after the other, each for all blends together; yield the progress."""
    roles = [role for role in ROLE_ORDER if any(role in process.roles for process in processes)]
    progress = _progress_steps(processes, roles)
    for role in roles:
        of_role = [process for process in processes if role in process.roles]
        contexts = [process.context for process in of_role if process.context is not None]
        yield next(progress)
        latents = [[store.latents(piece, role, check_cancelled) for piece in context.pieces] for context in contexts]
        yield next(progress)
        decodings = [
            prepare_decoding(context, role, parent_latents, process.windows)
            for process, context, parent_latents in zip(of_role, contexts, latents, strict=True)
        ]
        all_decoded = decode_together(registry, store, decodings, check_cancelled)
        for process, context, decoding, decoded in zip(of_role, contexts, decodings, all_decoded, strict=True):
            reconstructions = [store.get(piece, role, check_cancelled) for piece in context.pieces]
            process.windows[role], n_own = finish_decoding(decoding, decoded, reconstructions, context.options)
            if n_own:
                notice = fallback_notice(role, n_own, len(context.alignment), at_end=process.phrases is None)
                process.notices.append(notice)


def _progress_steps(processes: Sequence[_BlendProcess], roles: Sequence[Role]) -> Iterator[Progress]:
    """Yield the progress before each stage, in windows: those to encode and reconstruct, then those to blend."""
    context = next((process.context for process in processes if process.context is not None), None)
    if context is None:
        return
    costs = [2 * sum(piece.n_windows for piece in context.pieces), len(context.alignment)] * len(roles)
    stages = [f"{stage} {role.value}" for role in roles for stage in ("encode", "blend")]
    for n_done, stage in zip(accumulate(costs, initial=0), stages, strict=False):
        yield Progress(n_done / sum(costs), stage)
