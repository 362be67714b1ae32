"""Writes beside the weights what they are: digests, how they were trained, on what music, under which licence.

    python -m training.write_manifest --corpus DIR --weights ../src/transposer/weights

in this folder's parent, after ``training.train``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from transposer.evaluation.labelled_corpus import TEST, part_of

Row = dict[str, object]


def data(corpus: Path) -> list[Row]:
    """List the sources that trained or chose, with their licences, and for CC BY the composers to credit."""
    pieces: dict[tuple[str, str], int] = defaultdict(int)
    composers: dict[tuple[str, str], set[str]] = defaultdict(set)
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["key"] and row["roles"] != "drums" and part_of(row["group"]) != TEST:
                source = (row["source"], row["licence"])
                pieces[source] += 1
                composers[source] |= {row["composer"]} if row["licence"].startswith("CC BY") else set()
    return [
        {"source": source, "licence": licence, "pieces": count, "credits": sorted(composers[source, licence] - {""})}
        for (source, licence), count in sorted(pieces.items())
    ]


def main() -> None:
    """Write the manifest."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--weights", type=Path, required=True)
    given = arguments.parse_args()
    trained = json.loads((given.weights / "trained.json").read_text(encoding="utf-8"))
    for name, told in trained.items():
        if sha256((given.weights / f"{name}.npz").read_bytes()).hexdigest() != told["sha256"]:
            raise SystemExit(f"{name}.npz is not what trained.json tells of: train again.")
    manifest = {"licence": "Apache-2.0", "networks": trained, "data": data(given.corpus)}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (given.weights / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (given.weights / "trained.json").unlink()


if __name__ == "__main__":
    main()
