"""The product in one page: how a piece is blended, generated, and both.

Each function is a durable workflow: it reads from top to bottom, each `await` is a step whose outcome is remembered,
and a gateway that was killed goes on at the step it had reached. A step that finds its service away tries again.
"""

from __future__ import annotations

from gateway.durable import durable
from gateway.ids import derive_seed
from gateway.pieces import listing
from gateway.records import Json
from gateway.steps import blend_parents, find_key, generate_piece, move_to_key, tell_parents
from gateway.work import Span

WHOLE: Span = (0.0, 1.0)


@durable("vae")
async def blend(job_id: str, ask: Json) -> list[Json]:
    """Blend pieces that exist."""
    titles = [parent["title"] for parent in ask["parents"]]
    return [await in_one_key_blend(job_id, "result-0", ask["parents"], ask, f"Blend of {listing(titles)}", WHOLE)]


@durable("gan")
async def generate(job_id: str, ask: Json) -> list[Json]:
    """Generate new pieces, each from its own seed."""
    count = ask["settings"]["count"]
    return [
        await generate_piece(
            job_id,
            f"result-{place}",
            {
                "settings": ask["settings"],
                "style": ask["settings"].get("style"),
                "seed": derive_seed(ask["seed"], place),
                "stage": f"Generating {place + 1} of {count}" if count > 1 else "Generating",
                "title_suffix": f" ({place + 1})" if count > 1 else "",
            },
            part(WHOLE, place, count),
        )
        for place in range(count)
    ]


@durable("hybrid")
async def hybrid(job_id: str, ask: Json) -> list[Json]:
    """Generate two pieces from different seeds or styles, and blend them."""
    results: list[Json] = []
    parents: list[Json] = []
    count = ask["settings"]["count"]
    styles = ask["settings"].get("styles", [ask["settings"].get("style")] * 2)
    for place in range(count):
        whole = part(WHOLE, place, count)
        pair = [
            await generate_piece(
                job_id,
                f"parent-{place}-{side}",
                {
                    "settings": ask["settings"],
                    "style": styles[side],
                    "seed": derive_seed(ask["seed"], 2 * place + side),
                    "stage": f"Generating parent {side + 1}",
                    "title_suffix": "",
                },
                part(whole, side, 4),
            )
            for side in (0, 1)
        ]
        parents += pair
        await tell_parents(job_id, parents)
        title = f"Hybrid of {listing([parent['title'] for parent in pair])}"
        rest: Span = (part(whole, 2, 4)[0], whole[1])
        results.append(await in_one_key_blend(job_id, f"result-{place}", pair, ask, title, rest))
    return results


async def in_one_key_blend(job_id: str, name: str, pieces: list[Json], ask: Json, title: str, span: Span) -> Json:
    """Agree on a key, move every piece to it, and blend them."""
    file_ids = [piece["file_id"] for piece in pieces]
    key = await find_key(job_id, file_ids, ask["settings"].get("key"), part(span, 0, 20))
    moved = [
        await move_to_key(job_id, f"{name}-{place}", file_id, key, part(span, 1, 20))
        for place, file_id in enumerate(file_ids)
    ]
    facts = {"method": ask["method"], "settings": ask["settings"], "seed": ask["seed"], "key": key, "title": title}
    return await blend_parents(job_id, name, moved, facts, (part(span, 2, 20)[0], span[1]))


def part(span: Span, place: int, count: int) -> Span:
    """Give one of `count` equal parts of a stretch of progress."""
    low, high = span
    width = (high - low) / count
    return low + place * width, low + (place + 1) * width
