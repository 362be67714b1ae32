"""Data set: the index of a collection, in the columns that training reads, and a list of what is withheld from it.

``index.csv`` lists only files that may train models. ``withheld.csv`` lists the others, each with the reason.
``training.json`` holds the operator's statement, if there is one. Paths are relative to the collection's folder.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from scraper.collecting.catalog import Catalog, FileRecord

COLUMNS = (
    *("path", "source", "licence", "style", "title", "key", "meter", "tempo", "n_tracks", "n_notes", "n_bars"),
    *("key_source", "final_bass_is_tonic", "tempo_known", "composer", "roles", "risk", "group"),
    *("url", "page_url", "fetched_at", "sha256", "music_hash", "seconds", "permission"),
)
"""Columns of the index: those of a training corpus, then where the file is from."""

_NO_STYLE = "unknown"


def row(record: FileRecord) -> dict[str, str]:
    """Return the index's row for a file."""
    facts = record.facts
    source = record.sources[0] if record.sources else None
    final_bass = facts.get("is_final_bass_tonic")
    return {
        "path": f"files/{record.sha256[:2]}/{record.sha256}.mid",
        "source": urlsplit(source.url).hostname or "upload" if source else "",
        "licence": record.licence.spdx,
        "style": record.style or _NO_STYLE,
        "title": record.title,
        "key": str(facts.get("key", "")),
        "meter": str(facts.get("meter", "")),
        "tempo": str(facts.get("tempo_bpm", "")),
        "n_tracks": str(facts.get("n_tracks", "")),
        "n_notes": str(facts.get("n_notes", "")),
        "n_bars": str(facts.get("n_bars", "")),
        "key_source": "pitch classes",
        "final_bass_is_tonic": "" if final_bass is None else str(int(final_bass)),
        "tempo_known": str(int(bool(facts.get("is_tempo_known")))),
        "composer": "",
        "roles": str(facts.get("roles", "")),
        "risk": "" if record.permission.reason == "LICENCE_OPEN" else record.permission.reason,
        "group": str(record.family),
        "url": source.url if source else "",
        "page_url": source.page_url if source else "",
        "fetched_at": source.fetched_at if source else "",
        "sha256": record.sha256,
        "music_hash": record.music_hash,
        "seconds": str(facts.get("seconds", "")),
        "permission": record.permission.reason,
    }


def _table(rows: Iterator[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def tables(catalog: Catalog) -> dict[str, str]:
    """Return the text of each file of a data set that describes the others, by name."""
    rows = [(record.permission.is_granted, row(record)) for record in catalog.files()]
    return {
        "index.csv": _table(each for is_granted, each in rows if is_granted),
        "withheld.csv": _table(each for is_granted, each in rows if not is_granted),
        "training.json": json.dumps(catalog.statement, indent=1, ensure_ascii=False) + "\n",
    }


def write(catalog: Catalog, folder: Path) -> int:
    """Write the tables into the collection's folder; return the number of files that may train models."""
    found = tables(catalog)
    for name, text in found.items():
        partial = folder / f"{name}.part"
        partial.write_text(text, encoding="utf-8")
        partial.rename(folder / name)
    return found["index.csv"].count("\n") - 1


def iter_files(catalog: Catalog, only_permitted: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each file of a data set, its tables last.

    Parameters
    ----------
    catalog : Catalog
        Of the collection.
    only_permitted : bool
        Whether files that may not train models are left out.
    """
    for record in catalog.files():
        if record.permission.is_granted or not only_permitted:
            yield f"files/{record.sha256[:2]}/{record.sha256}.mid", catalog.midi(record)
    for name, text in tables(catalog).items():
        yield name, text.encode()
