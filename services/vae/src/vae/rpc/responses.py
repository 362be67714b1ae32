"""From what the domain gives to messages of the contract, and what a result says of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from score import grid as grids
from score import midi
from score.grid import Grid
from score.model import Notice, Tempo
from score.roles import Role
from segue.common.v1 import common_pb2
from segue.vae.v1 import vae_pb2

from vae.blending.blend import Blended, Stage
from vae.expression.microtiming import Timing, express
from vae.models.model_registry import Bank
from vae.models.specs import GRID_ID, LATENT_SIZE, WINDOW_BARS
from vae.pieces.piece import Floats, Piece
from vae.pieces.segmentation import Section

_ROLES = {
    Role.LEAD: common_pb2.ROLE_LEAD,
    Role.HARMONY: common_pb2.ROLE_HARMONY,
    Role.BASS: common_pb2.ROLE_BASS,
    Role.DRUMS: common_pb2.ROLE_DRUMS,
}
_MINOR_ABOVE_MAJOR_SEMITONES = 9


def encoded(piece: Piece, latents: Mapping[Role, Floats]) -> vae_pb2.EncodeResponse:
    """Write the latents of a piece."""
    return vae_pb2.EncodeResponse(
        latents=[
            vae_pb2.RoleLatents(
                role=_ROLES[role],
                window_count=len(z),
                values=z.ravel().tolist(),
                sounding=[int(flag) for flag in piece.sounding(role)],
            )
            for role, z in latents.items()
        ],
        latent_size=LATENT_SIZE,
        frame=frame(piece.grid),
        notices=notices(piece.grid.notices),
        sections=sections(piece.form, piece.grid.n_bars),
    )


def sections(form: Iterable[Section], n_bars: int) -> list[vae_pb2.Section]:
    """Write sections, from windows to bars."""
    starts = [(section.label, section.start * WINDOW_BARS, section.stop * WINDOW_BARS) for section in form]
    return [
        vae_pb2.Section(label=label, start_bar=start, bar_count=min(stop, n_bars) - start)
        for label, start, stop in starts
    ]


def frame(grid: Grid) -> vae_pb2.Frame:
    """Write meter, mean tempo and first key signature of a grid."""
    written = vae_pb2.Frame(meter=grid.meter, tempo_bpm=min(max(grid.mean_bpm, 20.0), 400.0))
    if grid.keys:
        tonic = grid.keys[0].fifths * 7 + _MINOR_ABOVE_MAJOR_SEMITONES * grid.keys[0].is_minor
        mode = common_pb2.MODE_MINOR if grid.keys[0].is_minor else common_pb2.MODE_MAJOR
        written.key.CopyFrom(common_pb2.Key(tonic=tonic % 12, mode=mode))
    return written


def notices(found: Iterable[Notice]) -> list[common_pb2.Notice]:
    """Write notices."""
    return [common_pb2.Notice(reason=notice.reason, message=notice.message) for notice in found]


def progress(stage: Stage) -> vae_pb2.BlendResponse:
    """Write how far a blend has come."""
    return vae_pb2.BlendResponse(progress=common_pb2.Progress(fraction=stage.fraction, stage=stage.name))


def blended(result: Blended, request: vae_pb2.BlendRequest, bank: Bank, temperature: float) -> vae_pb2.BlendResponse:
    """Write a blend with its provenance."""
    facts = provenance(request, bank, temperature)
    data = midi.write(express(grids.to_score(result.grid, provenance=facts), result.grid, result.timing))
    return _result(data, result.grid.n_bars, result.notices, bank, result.sections)


def original(piece: Piece, request: vae_pb2.BlendRequest, bank: Bank, temperature: float) -> vae_pb2.BlendResponse:
    """Write a parent as it came, with the provenance of a blend and the tempo that was asked for."""
    facts = provenance(request, bank, temperature)
    asked = request.HasField("tempo_bpm")
    tempos = (Tempo(0, round(60e6 / request.tempo_bpm)),) if asked else piece.score.tempos
    data = midi.write(replace(piece.score, provenance=facts, tempos=tempos))
    return _result(data, piece.grid.n_bars, piece.grid.notices, bank)


def _result(
    data: bytes, n_bars: int, found: Iterable[Notice], bank: Bank, form: Iterable[Section] = ()
) -> vae_pb2.BlendResponse:
    result = vae_pb2.BlendResult(
        midi=data,
        bar_count=n_bars,
        notices=notices(found),
        model_digests={role.value: digest for role, digest in bank.digests.items()},
        sections=sections(form, n_bars),
    )
    return vae_pb2.BlendResponse(result=result)


def provenance(request: vae_pb2.BlendRequest, bank: Bank, temperature: float) -> dict[str, object]:
    """Say what a blend was made of: enough to make it again."""
    facts: dict[str, object] = {
        "method": "vae",
        "grid": GRID_ID,
        "parents": [hashlib.sha256(parent.midi).hexdigest() for parent in request.parents],
        "seed": request.seed,
        "temperature": temperature,
        "ends": "original" if request.ends == vae_pb2.ENDS_ORIGINAL else "model",
        "models": {role.value: digest for role, digest in bank.digests.items()},
    }
    if request.shares:
        facts["shares"] = list(request.shares)
    elif request.curve:
        facts["curve"] = [[point.position, point.weight] for point in request.curve]
    else:
        facts["weight"] = request.weight if request.HasField("weight") else 0.5
    return facts | _details(request) | dict(request.provenance)


def _details(request: vae_pb2.BlendRequest) -> dict[str, object]:
    """Say what was asked for of single roles, sections and attributes."""
    facts: dict[str, object] = {}
    names = {number: role.value for role, number in _ROLES.items()}
    if request.role_weights:
        facts["weights"] = {names[each.role]: each.weight for each in request.role_weights}
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
                names.get(each.role),
            ]
            for each in request.sliders
        ]
    return facts


def file(grid: Grid, bank: Bank, timing: Mapping[Role, Timing] | None = None, **facts: object) -> bytes:
    """Write a grid as a MIDI file that names its models."""
    models = {role.value: digest for role, digest in bank.digests.items()}
    score = grids.to_score(grid, provenance={"grid": GRID_ID, "models": models, **facts})
    return midi.write(express(score, grid, timing or {}))
