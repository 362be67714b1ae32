"""Write the manifest of the weights: digests, training, data sources and licences.

    python -m training.write_manifest --corpus DIR --weights src/transposer/weights

Run in the service's folder, after ``training.train``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from transposer.evaluation.labelled_corpus import TEST, split_of_group

Row = dict[str, object]


def data_sources(corpus: Path) -> list[Row]:
    """List the sources of training and development with their licences, and the composers to credit for CC BY."""
    pieces: dict[tuple[str, str], int] = defaultdict(int)
    composers: dict[tuple[str, str], set[str]] = defaultdict(set)
    with (corpus / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["key"] and row["roles"] != "drums" and split_of_group(row["group"]) != TEST:
                source = (row["source"], row["licence"])
                pieces[source] += 1
                composers[source] |= {row["composer"]} if row["licence"].startswith("CC BY") else set()
    return [
        {"source": source, "licence": licence, "pieces": count, "credits": sorted(composers[source, licence] - {""})}
        for (source, licence), count in sorted(pieces.items())
    ]


def main() -> None:
    """Check the weights against the report of the training, and write the manifest."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    arguments = parser.parse_args()
    reports = json.loads((arguments.weights / "trained.json").read_text(encoding="utf-8"))
    for name, report in reports.items():
        if sha256((arguments.weights / f"{name}.npz").read_bytes()).hexdigest() != report["sha256"]:
            raise SystemExit(f"{name}.npz is not the file that trained.json describes: train again.")
    manifest = {"licence": "Apache-2.0", "networks": reports, "data": data_sources(arguments.corpus)}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (arguments.weights / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (arguments.weights / "trained.json").unlink()


if __name__ == "__main__":
    main()
