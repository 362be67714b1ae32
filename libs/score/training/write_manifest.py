"""Write the manifest of the weights: digest, training, data sources and licences, held-out figures.

    python -m training.write_manifest --corpus DIR --corpus DIR2 --weights src/score/roles/weights --figures FILE.json

Run in the folder of the library, after ``training.train`` and with the output of ``training.evaluate``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

from .labelled_parts import TEST, split_of_group

_LABELLED_SOURCES = ("pop909", "music21-bach", "openscore-quartets", "openscore-lieder", "mutopia")


def data_sources(corpora: list[Path]) -> list[dict[str, object]]:
    """List the sources of training and development with their licences, and the composers to credit for CC BY."""
    pieces: dict[tuple[str, str], int] = defaultdict(int)
    composers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for corpus in corpora:
        with (corpus / "index.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                is_labelled = row["source"] in _LABELLED_SOURCES or row["source"].startswith("arr-")
                if is_labelled and split_of_group(row["group"]) != TEST:
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
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--figures", type=Path, required=True)
    arguments = parser.parse_args()
    report = json.loads((arguments.weights / "trained.json").read_text(encoding="utf-8"))
    if sha256((arguments.weights / "parts.npz").read_bytes()).hexdigest() != report["sha256"]:
        raise SystemExit("parts.npz is not the file that trained.json describes: train again.")
    held_out = json.loads(arguments.figures.read_text(encoding="utf-8"))
    manifest = {"licence": "Apache-2.0", **report, "held_out": held_out, "data": data_sources(arguments.corpus)}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (arguments.weights / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (arguments.weights / "trained.json").unlink()


if __name__ == "__main__":
    main()
