"""Unguessable 128-bit ids (possession of an id grants access), and seeds."""

from __future__ import annotations

import hashlib
import re
import secrets

SEED_LIMIT = 2**53
"""Seeds are below this limit, so that every JSON parser reads them exactly."""


_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def is_id(text: str) -> bool:
    """Return whether a text from a client has the form of an id; PostgreSQL refuses some that have not."""
    return _ID.fullmatch(text) is not None


def new_id() -> str:
    """Return a random id of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_seed() -> int:
    """Return a random seed."""
    return secrets.randbelow(SEED_LIMIT)


def derive_id(parent_id: str, name: str) -> str:
    """Return the id that follows from another id and a name. A repeated step gets the same id."""
    return hashlib.blake2b(name.encode(), key=parent_id.encode(), digest_size=16).hexdigest()


def derive_seed(seed: int, index: int) -> int:
    """Return the seed of one of several results; result 0 uses the seed itself."""
    if index == 0:
        return seed
    digest = hashlib.blake2b(f"{seed}/{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % SEED_LIMIT
