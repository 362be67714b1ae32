"""Ids: 128 bits, of which knowing one is the right to it."""

from __future__ import annotations

import hashlib
import secrets

SEED_LIMIT = 2**53
"""Seeds are below this, so that every JSON reader gets them exactly."""


def draw_id() -> str:
    """Draw an id that nobody can guess."""
    return secrets.token_hex(16)


def draw_seed() -> int:
    """Draw a seed."""
    return secrets.randbelow(SEED_LIMIT)


def derive_id(parent_id: str, name: str) -> str:
    """Give the id that follows from another and a name: the same each time a step is done again."""
    return hashlib.blake2b(name.encode(), key=parent_id.encode(), digest_size=16).hexdigest()


def derive_seed(seed: int, place: int) -> int:
    """Give the seed of one of several results; the first keeps the seed itself."""
    if place == 0:
        return seed
    digest = hashlib.blake2b(f"{seed}/{place}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % SEED_LIMIT
