"""The product in one page: how recordings are written down, pieces blended, generated, and both, and the way between.

Each function is a durable workflow: it reads from top to bottom, each `await` is a step whose outcome is remembered,
and a gateway that was killed goes on at the step it had reached. A step that finds its service away tries again.
"""

from __future__ import annotations

from gateway.clients.grpc_requests import of_one_band
from gateway.files.file_service import listing
from gateway.ids import derive_seed
from gateway.storage.repository import Json
from gateway.workflows.progress import Span
from gateway.workflows.steps import (
    blend_parents,
    check_length,
    find_key,
    generate_piece,
    move_to_key,
    take_steps,
    tell_parents,
)
from gateway.workflows.transcription import await_transcription, keep_transcription, write_down
from gateway.workflows.workflow import durable

WHOLE: Span = (0.0, 1.0)


@durable("transcribe")
async def transcribe(job_id: str, ask: Json) -> list[Json]:
    """Write a recording down: its sound becomes MIDI, and that is read like any piece."""
    (recording_id,) = ask["recordings"]
    heard = await write_down(job_id, recording_id, (0.0, 0.97))
    return [await keep_transcription(job_id, recording_id, heard, (0.97, 1.0))]


@durable("vae")
async def blend(job_id: str, ask: Json) -> list[Json]:
    """Blend pieces that exist; where some are recordings, once they are written down."""
    pieces, span = await written_parents(job_id, ask)
    return [await blend_in_one_key(job_id, "result-0", pieces, ask, "Blend", span)]


@durable("steps")
async def steps(job_id: str, ask: Json) -> list[Json]:
    """Make several pieces at once on the way from one to another, to hear it before a blend is chosen."""
    pieces, span = await written_parents(job_id, ask)
    await check_length([piece["file_id"] for piece in pieces])
    moved, key = await in_one_key(job_id, "step", pieces, ask, span)
    return await take_steps(job_id, moved, ask, key, (part(span, 2, 20)[0], span[1]))


@durable("gan")
async def generate(job_id: str, ask: Json) -> list[Json]:
    """Generate new pieces, each from its own seed."""
    wish, count = ask["settings"], ask["settings"]["count"]
    results = []
    for place in range(count):
        seed = derive_seed(ask["seed"], place)
        label = f"{place + 1} of {count}" if count > 1 else ""
        span = part(WHOLE, place, count)
        results.append(await generate_piece(job_id, f"result-{place}", wish, wish.get("style"), seed, label, span))
    return numbered(results)


@durable("hybrid")
async def hybrid(job_id: str, ask: Json) -> list[Json]:
    """Generate two pieces from different seeds or styles, as long and fast and in one meter, and blend them.

    Chords and bass stay those of one, so that one band plays.
    """
    wish, count = ask["settings"], ask["settings"]["count"]
    manner = ask | {"settings": of_one_band(wish)}
    styles = wish.get("styles", [wish.get("style")] * 2)
    results: list[Json] = []
    parents: list[Json] = []
    for place in range(count):
        whole = part(WHOLE, place, count)
        shape: Json = {}
        for side in (0, 1):
            seed = derive_seed(ask["seed"], 2 * place + side)
            name, label, span = f"parent-{place}-{side}", f"parent {side + 1}", part(whole, side, 4)
            parents.append(await generate_piece(job_id, name, shape | wish, styles[side], seed, label, span))
            shape = shape_of(parents[-1])
        await tell_parents(job_id, parents)
        second_half = part(whole, 1, 2)
        results.append(await blend_in_one_key(job_id, f"result-{place}", parents[-2:], manner, "Hybrid", second_half))
    return numbered(results)


async def written_parents(job_id: str, ask: Json) -> tuple[list[Json], Span]:
    """Give the pieces to blend, the recordings among them written down, and what is left of the progress."""
    if not ask["recordings"]:
        return ask["parents"], WHOLE
    pieces = await written_pieces(job_id, ask["parents"], ask["recordings"], part(WHOLE, 0, 2))
    return pieces, part(WHOLE, 1, 2)


async def written_pieces(job_id: str, pieces: list[Json], recording_ids: list[str], span: Span) -> list[Json]:
    """Wait for each recording's transcription, and put it in the recording's place."""
    return [
        await await_transcription(job_id, piece, part(span, place, len(pieces)))
        if piece["file_id"] in recording_ids
        else piece
        for place, piece in enumerate(pieces)
    ]


async def blend_in_one_key(job_id: str, name: str, pieces: list[Json], ask: Json, kind: str, span: Span) -> Json:
    """Agree on a key, move every piece to it, and blend them."""
    moved, key = await in_one_key(job_id, name, pieces, ask, span)
    title = f"{kind} of {listing([piece['title'] for piece in pieces])}"
    return await blend_parents(job_id, name, moved, ask, key, title, (part(span, 2, 20)[0], span[1]))


async def in_one_key(
    job_id: str, name: str, pieces: list[Json], ask: Json, span: Span
) -> tuple[list[Json], str | None]:
    """Agree on a key, and move every piece to it; None where only drums sound."""
    file_ids = [piece["file_id"] for piece in pieces]
    key = await find_key(job_id, file_ids, ask["settings"].get("key"), part(span, 0, 20))
    moved = [
        await move_to_key(job_id, f"{name}-{place}", file_id, key, part(span, 1, 20))
        for place, file_id in enumerate(file_ids)
    ]
    return moved, key


def shape_of(piece: Json) -> Json:
    """Give the length, tempo and meter that a piece was generated with, for another that is to meet it."""
    made = piece.get("made", {})
    return {name: made[name] for name in ("bars", "bpm", "meter") if name in made}


def numbered(results: list[Json]) -> list[Json]:
    """Tell several results apart by their titles."""
    if len(results) == 1:
        return results
    return [{**result, "title": f"{result['title']} ({number})"} for number, result in enumerate(results, 1)]


def part(span: Span, place: int, count: int) -> Span:
    """Give one of `count` equal parts of a stretch of progress."""
    low, high = span
    width = (high - low) / count
    return low + place * width, low + (place + 1) * width
