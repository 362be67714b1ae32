"""Conversion of domain objects to the contract's responses, and the provenance of results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from contract import keys, notices, roles
from score import grid as grids
from score import midi
from score.arrays import F32
from score.encoding import BARS_PER_WINDOW, GRID_ID
from score.grid import Grid
from score.keys import tonic_of_signature
from score.model import Notice, Tempo
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.vae.v1 import vae_pb2

from vae.blending.blend_options import BlendResult, Progress
from vae.expression.performance import perform
from vae.models.model_registry import ModelRegistry
from vae.models.specs import LATENT_SIZE
from vae.pieces.piece import Piece
from vae.pieces.sections import Section


def encoding(piece: Piece, latents: Mapping[Role, F32]) -> vae_pb2.EncodeResponse:
    """Return the latents of a piece."""
    return vae_pb2.EncodeResponse(
        latents=[
            vae_pb2.RoleLatents(
                role=roles.to_proto(role),
                window_count=len(role_latents),
                values=role_latents.ravel().tolist(),
                sounding=[int(is_sounding) for is_sounding in piece.sounding_windows(role)],
            )
            for role, role_latents in latents.items()
        ],
        latent_size=LATENT_SIZE,
        settings=piece_settings(piece.grid),
        notices=notices.to_proto(piece.grid.notices),
        sections=section_messages(piece.sections, piece.grid.n_bars, BARS_PER_WINDOW),
    )


def section_messages(sections: Iterable[Section], n_bars: int, bars_per_unit: int) -> list[vae_pb2.Section]:
    """Return sections in bars.

    Parameters
    ----------
    sections : iterable of Section
        In windows or in bars.
    n_bars : int
        Length of the piece; its last window may be longer.
    bars_per_unit : int
        Bars of what the sections are counted in.
    """
    ranges = [(each.label, each.start * bars_per_unit, each.stop * bars_per_unit) for each in sections]
    return [
        vae_pb2.Section(label=label, start_bar=start, bar_count=min(stop, n_bars) - start)
        for label, start, stop in ranges
    ]


def piece_settings(grid: Grid) -> vae_pb2.PieceSettings:
    """Return the meter, mean tempo and first key of a grid."""
    message = vae_pb2.PieceSettings(meter=grid.meter, tempo_bpm=min(max(grid.mean_bpm, 20.0), 400.0))
    if grid.keys:
        _, fifths, is_minor = grid.keys[0]
        message.key.CopyFrom(keys.to_proto(tonic_of_signature(fifths, is_minor=is_minor), is_minor=is_minor))
    return message


def progress(event: Progress) -> vae_pb2.BlendResponse:
    """Return the progress of a blend."""
    return vae_pb2.BlendResponse(progress=common_pb2.Progress(fraction=event.fraction, stage=event.stage))


def blend_result(
    result: BlendResult, request: vae_pb2.BlendRequest, registry: ModelRegistry, temperature: float
) -> vae_pb2.BlendResponse:
    """Return a blend with its provenance.

    Parameters
    ----------
    result : BlendResult
    request : BlendRequest
    registry : ModelRegistry
    temperature : float
        The sampling temperature that was used.
    """
    facts = provenance(request, registry, temperature)
    score = perform(result, facts)
    response = _result(midi.write(score), result.grid.n_bars, result.notices, registry, result.sections)
    response.result.sources.extend(
        vae_pb2.IngredientSource(
            ingredient=vae_pb2.Ingredient.Value(f"INGREDIENT_{ingredient.name}"), parents=[side + 1 for side in sides]
        )
        for ingredient, sides in result.bar_sources.items()
    )
    response.result.origins.extend(vae_pb2.BarOrigin(bars=bars) for bars in result.source_bars)
    return response


def original(
    piece: Piece, parent: int, request: vae_pb2.BlendRequest, registry: ModelRegistry, temperature: float
) -> vae_pb2.BlendResponse:
    """Return a parent's file byte for byte; with a requested tempo, written at that tempo with the blend's provenance.

    The notices are those of its file: what the grid cannot represent is still there.

    Parameters
    ----------
    piece : Piece
    parent : int
        Its index in the request.
    request : BlendRequest
    registry : ModelRegistry
    temperature : float
        The sampling temperature of the request.
    """
    data = request.parents[parent].original_midi or request.parents[parent].midi
    if request.HasField("tempo_bpm"):
        facts = provenance(request, registry, temperature)
        tempos = (Tempo(0, round(60e6 / request.tempo_bpm)),)
        data = midi.write(replace(midi.parse(data), provenance=facts, tempos=tempos))
    about = [notice._replace(parent=parent) for notice in piece.score.notices]
    return _result(data, piece.grid.n_bars, about, registry)


def _result(
    data: bytes,
    n_bars: int,
    result_notices: Iterable[Notice],
    registry: ModelRegistry,
    sections: Iterable[Section] = (),
) -> vae_pb2.BlendResponse:
    result = vae_pb2.BlendResult(
        midi=data,
        bar_count=n_bars,
        notices=notices.to_proto(result_notices),
        model_digests={role.value: digest for role, digest in registry.digests.items()},
        sections=section_messages(sections, n_bars, 1),
    )
    return vae_pb2.BlendResponse(result=result)


def provenance(request: vae_pb2.BlendRequest, registry: ModelRegistry, temperature: float) -> dict[str, object]:
    """Return how a blend was created: everything that is needed to create it again.

    Parameters
    ----------
    request : BlendRequest
    registry : ModelRegistry
    temperature : float
        The sampling temperature that was used.
    """
    facts: dict[str, object] = {
        "method": "vae",
        "grid": GRID_ID,
        "parents": [hashlib.sha256(parent.midi).hexdigest() for parent in request.parents],
        "seed": request.seed,
        "temperature": temperature,
        "ends": "original" if request.endpoint_mode == vae_pb2.ENDPOINT_MODE_ORIGINAL else "model",
        "models": {role.value: digest for role, digest in registry.digests.items()},
    }
    if request.shares:
        facts["shares"] = list(request.shares)
    elif request.curve:
        facts["curve"] = [[point.position, point.weight] for point in request.curve]
    else:
        facts["weight"] = request.weight if request.HasField("weight") else 0.5
    return facts | _detail_facts(request) | dict(request.provenance)


def _detail_facts(request: vae_pb2.BlendRequest) -> dict[str, object]:
    """Return the weights of single roles, ingredients and sections, and the sliders."""
    facts: dict[str, object] = {}
    if request.role_weights:
        facts["weights"] = {roles.from_proto(each.role): each.weight for each in request.role_weights}
    if request.ingredients:
        facts["ingredients"] = {
            vae_pb2.Ingredient.Name(each.ingredient).removeprefix("INGREDIENT_").lower(): each.weight
            for each in request.ingredients
        }
    if request.section_weights:
        facts["sections"] = [
            [each.label, each.start, each.end if each.HasField("end") else 1.0, each.weight]
            for each in request.section_weights
        ]
    if request.sliders:
        facts["sliders"] = [
            [
                vae_pb2.Attribute.Name(each.attribute).removeprefix("ATTRIBUTE_").lower(),
                each.value,
                roles.name_or_none(each.role),
            ]
            for each in request.sliders
        ]
    return facts


def midi_file(result: BlendResult | Grid, registry: ModelRegistry, **facts: object) -> bytes:
    """Write a blend or a grid as a MIDI file whose provenance names the models.

    Parameters
    ----------
    result : BlendResult or Grid
    registry : ModelRegistry
    **facts : object
        More of the provenance: method, seed, weight.
    """
    models = {role.value: digest for role, digest in registry.digests.items()}
    provenance = {"grid": GRID_ID, "models": models, **facts}
    if isinstance(result, Grid):
        return midi.write(grids.to_score(result, provenance=provenance))
    return midi.write(perform(result, provenance))
