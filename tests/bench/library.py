"""Bench of the library: pages and searches of an account with 10,000 pieces, over HTTP.

    python tests/bench/library.py [--pieces N] [--runs N] [--database postgresql://...]

A gateway runs by itself, without its services, on a data folder of its own: on SQLite, or on the database at an
address, in whose tables the rows stay. Each row has a provenance as long as that of a blend of 64 bars. Prints the
median and the 95th percentile of each call.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from gateway.ids import new_id
from gateway.settings import Settings
from gateway.storage.database import files, parents
from pydantic import SecretStr

ROOT = Path(__file__).resolve().parents[2]
N_BARS = 64
INGREDIENTS = ("form", "harmony", "rhythm", "contour", "bass", "texture", "groove", "sound", "feel")
STYLES = ("Funk", "Waltz", "Jazz", "Reggae", "Latin", "March", "Hymn", "Pop", "Game", "String quartet")
START_TIMEOUT_S = 60.0
RARE = "zanzibar"
ROWS_AT_ONCE = 500


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=int, default=10_000, help="pieces of the account")
    parser.add_argument("--runs", type=int, default=100, help="calls of each kind")
    parser.add_argument("--database", default="", help="address of a PostgreSQL database")
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        run_gateway(Path(folder), args.database) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        client.post("/accounts", json={}).raise_for_status()
        account_id = client.get("/me").json()["account"]["account_id"]
        fill(Path(folder), args.database, account_id, args.pieces)
        measure(client, args.runs)


@contextmanager
def run_gateway(folder: Path, database: str) -> Iterator[str]:
    """Start a gateway and yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = {"SEGUE_DATA": str(folder), "SEGUE_PORT": str(port), "SEGUE_RATE_LIMIT_PER_MINUTE": "0"}
    settings["SEGUE_LOG_LEVEL"] = "ERROR"
    if database:
        settings["SEGUE_DATABASE_URL"] = database
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway"], cwd=ROOT, env=os.environ | settings, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_live(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_until_live(url: str) -> None:
    """Wait until the gateway answers."""
    end_s = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            httpx.get(f"{url}/health/live").raise_for_status()
            return
        except httpx.TransportError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.1)


def fill(folder: Path, database: str, account_id: str, n_pieces: int) -> None:
    """Write the pieces of an account into the database.

    Parameters
    ----------
    folder : Path
        The gateway's data folder.
    database : str
        Address of its database; empty for SQLite.
    account_id : str
        The account.
    n_pieces : int
        Number of pieces.
    """
    random_numbers = random.Random(1)
    engine = sa.create_engine(Settings(data=folder, database_url=SecretStr(database)).engine_url)
    uploads = [upload_row(account_id, index) for index in range(n_pieces // 10)]
    blends = [
        blend_row(account_id, index, random_numbers.sample(uploads, 2)) for index in range(len(uploads), n_pieces)
    ]
    relations = [
        {"child_id": row["file_id"], "position": position, "parent_id": parent["file_id"], "title": parent["title"]}
        for row in blends
        for position, parent in enumerate(row["provenance"]["parents"])
    ]
    for table, rows in ((files, [*uploads, *blends]), (parents, relations)):
        for start in range(0, len(rows), ROWS_AT_ONCE):
            with engine.begin() as connection:
                connection.execute(sa.insert(table), rows[start : start + ROWS_AT_ONCE])
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE"))
    engine.dispose()


def upload_row(account_id: str, index: int) -> dict[str, Any]:
    """Return the row of an uploaded piece."""
    return row_of(account_id, index, f"{STYLES[index % len(STYLES)]} {index}", {})


def blend_row(account_id: str, index: int, chosen: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of a blend of two pieces.

    Parameters
    ----------
    account_id : str
        The account.
    index : int
        Number of the piece.
    chosen : list of dict
        The rows of its parents.
    """
    title = f"{chosen[0]['title']} x {chosen[1]['title']}, {index % 101}%"
    title += f" {RARE}" if index % 1000 == 0 else ""
    provenance = {
        "method": "vae",
        "parents": [{"file_id": row["file_id"], "title": row["title"], "sha256": row["sha256"]} for row in chosen],
        "settings": {"weight": index % 101 / 100},
        "seed": index,
        "key": "C major",
        "bars": N_BARS,
        "sections": [],
        "model_digests": dict.fromkeys(INGREDIENTS, "0" * 64),
        "sources": {name: [1 + (bar + index) % 2 for bar in range(N_BARS)] for name in INGREDIENTS},
        "origins": [list(range(N_BARS)), list(range(N_BARS))],
    }
    return row_of(account_id, index, title, provenance)


def row_of(account_id: str, index: int, title: str, provenance: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the table of files.

    Parameters
    ----------
    account_id : str
        The account.
    index : int
        Number of the piece, which is its age in seconds.
    title : str
        Its title.
    provenance : dict
        How it was made; empty for an upload.
    """
    tracks = [
        {
            "track": n,
            "name": "Piano",
            "program": n,
            "is_drum": n == 3,
            "notes": 400,
            "role": "lead",
            "role_confidence": 1,
        }
        for n in range(6)
    ]
    key = {"name": "C major", "confidence": 0.9}
    summary = {"bars": N_BARS, "seconds": 120.5, "tempo_bpm": 120.0, "meter": "4/4", "key": key, "tracks": tracks}
    parent_titles = [parent["title"] for parent in provenance.get("parents", [])]
    return {
        "file_id": new_id(),
        "name": f"{title}.mid",
        "title": title,
        "kind": "result" if provenance else "midi",
        "sha256": "0" * 64,
        "byte_count": 9000,
        "roles": {},
        "summary": summary,
        "notices": [],
        "provenance": provenance,
        "created_at_s": 1_000_000_000.0 + index,
        "owner_id": account_id,
        "starred": index % 50 == 0,
        "method": provenance.get("method"),
        "search": "\n".join([f"{title}.mid", title, *parent_titles]).casefold(),
    }


def measure(client: httpx.Client, n_runs: int) -> None:
    """Print the time of each kind of call."""
    response = client.get("/library")
    first = response.json()
    cursor = first["cursor"]
    for _ in range(first["total"] // 100):
        cursor = client.get("/library", params={"cursor": cursor}).json()["cursor"]
    calls = {
        "first page": {},
        "page in the middle": {"cursor": cursor},
        "starred pieces": {"starred": "true"},
        "search, many hits": {"q": "funk"},
        "search, two words": {"q": "jazz waltz"},
        "search, few hits": {"q": RARE},
        "search, none": {"q": "nothing like it"},
    }
    print(f"{first['total']} pieces, {len(response.content)} bytes a page")
    for name, params in calls.items():
        times = sorted(time_call(client, params) for _ in range(n_runs))
        median_ms, slow_ms = statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000
        print(f"{name:<20} median {median_ms:6.1f} ms   95 % {slow_ms:6.1f} ms", flush=True)


def time_call(client: httpx.Client, params: dict[str, str]) -> float:
    """Return the seconds of a call."""
    start_s = time.perf_counter()
    client.get("/library", params=params).raise_for_status()
    return time.perf_counter() - start_s


if __name__ == "__main__":
    main()
