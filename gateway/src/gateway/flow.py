"""The product in one page: how recordings are written down, and pieces blended, generated, and both.

Each function is a durable workflow: it reads from top to bottom, each `await` is a step whose outcome is remembered,
and a gateway that was killed goes on at the step it had reached. A step that finds its service away tries again.
"""

from __future__ import annotations

from gateway.durable import durable
from gateway.ids import derive_seed
from gateway.pieces import listing
from gateway.records import Json
from gateway.steps import blend_parents, find_key, generate_piece, move_to_key, tell_parents
from gateway.transcription import await_transcription, keep_transcription, write_down
from gateway.work import Span

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
    pieces, span = ask["parents"], WHOLE
    if ask["recordings"]:
        pieces = await written_pieces(job_id, pieces, ask["recordings"], part(WHOLE, 0, 2))
        span = part(WHOLE, 1, 2)
    return [await blend_in_one_key(job_id, "result-0", pieces, ask, "Blend", span)]


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
    """Generate two pieces from different seeds or styles, and blend them."""
    wish, count = ask["settings"], ask["settings"]["count"]
    styles = wish.get("styles", [wish.get("style")] * 2)
    results: list[Json] = []
    parents: list[Json] = []
    for place in range(count):
        whole = part(WHOLE, place, count)
        for side in (0, 1):
            seed = derive_seed(ask["seed"], 2 * place + side)
            name, label, span = f"parent-{place}-{side}", f"parent {side + 1}", part(whole, side, 4)
            parents.append(await generate_piece(job_id, name, wish, styles[side], seed, label, span))
        await tell_parents(job_id, parents)
        second_half = part(whole, 1, 2)
        results.append(await blend_in_one_key(job_id, f"result-{place}", parents[-2:], ask, "Hybrid", second_half))
    return numbered(results)


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
    file_ids = [piece["file_id"] for piece in pieces]
    key = await find_key(job_id, file_ids, ask["settings"].get("key"), part(span, 0, 20))
    moved = [
        await move_to_key(job_id, f"{name}-{place}", file_id, key, part(span, 1, 20))
        for place, file_id in enumerate(file_ids)
    ]
    title = f"{kind} of {listing([piece['title'] for piece in pieces])}"
    rest: Span = (part(span, 2, 20)[0], span[1])
    return await blend_parents(job_id, name, moved, ask, key, title, rest)


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
