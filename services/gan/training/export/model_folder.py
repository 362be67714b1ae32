"""Writes a trained run as the model that the service loads.

    python -m training.export --data DIR --run DIR --models DIR

in `services/gan`. Writes ``gan/weights.safetensors`` (float16), ``styles.json``, ``novelty.npz`` and
``realism.npz`` (which `training.ranking.build_index` and `training.ranking.train_reranker` left in the run),
``manifest.json`` and ``card.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gan.model import RERANKER_NAME, STYLES_NAME, TRAINING_INDEX_NAME, WEIGHTS_NAME, build_networks
from gan.network.dims import CHANNEL_ROLES, N_CHANNELS, NO_SOURCE, NetworkSizes
from gan.planning.structure import HALVES_PER_BAR, N_CHORDS, Structure, number_labels, serialize
from gan.planning.styles import STYLE_PROFILES
from gan.sampling.pitch_range import RANGE_PASSAGE_BARS
from safetensors.torch import save_file
from score.arrays import I64
from score.encoding import BARS_PER_WINDOW, FIRST_PITCH_EVENT, GRID_ID, MIN_PITCH, OFF
from score.roles import PITCHED_ROLES, ROLES, Role
from servicekit.model_folder import MANIFEST_NAME

from ..data import dataset
from ..data.prepare import STYLES
from ..generator.training_run import CHECKPOINT, read_metrics, read_plan
from .model_card import card

USUAL_METER_SHARE = 0.1
"""A meter is offered where a style has so much of its music in it."""

ROLE_SHARE = 0.5
"""A style has a role where so many of its pieces do."""

FORMS = 40

PLAIN = 0.85
"""Share of what bass and harmony sound that a plain chord has."""

SPANS = 60
"""Stretches of which a style keeps the compasses."""

CARD_NAME = "card.md"

NOTE_NAME = "note.txt"
"""What else is to be told of a run; may be missing."""


def network_tensors(checkpoint: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Collect what the service needs, by name: the averaged generator and the critic."""
    parts = {"generator": checkpoint["average"], "critic": checkpoint["critic"]}
    return {f"{part}.{name}": value.half() for part, state in parts.items() for name, value in state.items()}


def served_styles(corpus: dataset.Corpus, facts: list[dict[str, Any]], left_out: set[str]) -> list[dict[str, Any]]:
    """Describe the styles that are offered: those with a profile and pieces that were learnt from."""
    return [
        {
            "id": fact["id"],
            "index": index,
            "meters": _meters(fact),
            "forms": count_forms(corpus, index),
            "spans": count_spans(corpus, index),
            "roles": [role.value for role in ROLES if fact["role_shares"][role.value] >= ROLE_SHARE],
            **{name: fact[name] for name in ("pieces", "windows", "tempo_bpm", "minor_share", "loudness")},
        }
        for index, fact in enumerate(facts)
        if fact["id"] in STYLE_PROFILES and fact["id"] not in left_out and fact["pieces"]
    ]


def _meters(fact: dict[str, Any]) -> dict[str, int]:
    """Count the pieces in each meter that is offered, the usual one first."""
    total = sum(fact["meters"].values())
    return {meter: count for meter, count in fact["meters"].items() if count >= USUAL_METER_SHARE * total}


def count_forms(corpus: dataset.Corpus, style: int) -> list[str]:
    """Return the structures of at most `FORMS` training pieces of a style, as `structure.serialize` writes them."""
    pieces = corpus.pieces
    own = np.flatnonzero((pieces["style"] == style) & ~pieces["held_out"])
    return sorted(_form(corpus, int(piece)) for piece in own[:: max(1, len(own) // FORMS)])


def _form(corpus: dataset.Corpus, piece: int) -> str:
    """Write one piece's form, with the earlier bar that each role repeats to the note, or the lead in rhythm.

    Whether a bar's first note is struck or held over is left aside. The other roles find their rhythms themselves: what
    the generator makes goes back to earlier ones as often as real music does.
    """
    start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
    letters = number_labels(corpus.windows["letter"][start : start + count].tolist())
    events, states, _ = dataset.lay_out(corpus, piece)
    struck = (events > OFF).reshape(BARS_PER_WINDOW * count, -1, N_CHANNELS)
    bars = states.reshape(BARS_PER_WINDOW * count, -1, N_CHANNELS).copy()
    pitched = [role is not Role.DRUMS for role in CHANNEL_ROLES]
    bars[:, 0, pitched] = (bars[:, 0, pitched] + 1) // 2
    source, rhythm = np.full((2, len(bars), len(ROLES)), NO_SOURCE)
    for column, role in enumerate(ROLES):
        own = [channel == role for channel in CHANNEL_ROLES]
        source[:, column] = _firsts(bars[:, :, own])
        if role is Role.LEAD:
            rhythm[:, column] = np.where(source[:, column] == NO_SOURCE, _firsts(struck[:, :, own]), NO_SOURCE)
    chords = plain_chords(
        states[:, [role in (Role.BASS, Role.HARMONY) for role in CHANNEL_ROLES]], HALVES_PER_BAR * len(bars)
    )
    form = Structure(letters, source, rhythm, chords.reshape(-1, HALVES_PER_BAR))
    return serialize(form, is_minor=bool(corpus.pieces["mode"][piece]))


def plain_chords(states: npt.NDArray[Any], count: int) -> I64:
    """Name the triad of each of so many stretches: states, (steps, channels), to (count,).

    A chord is plain where its three classes have nearly all that sounds, the root and the third among it.
    """
    classes = np.where(states > 0, ((states - 1) // 2 + MIN_PITCH) % 12, -1).reshape(count, -1)
    heard = (classes[:, :, None] == np.arange(12)).sum(1)
    rows = np.arange(count)
    roots, thirds = np.arange(N_CHORDS) // 2, np.array([4, 3])[np.arange(N_CHORDS) % 2]
    root, third, fifth = heard[:, roots], heard[:, (roots + thirds) % 12], heard[:, (roots + 7) % 12]
    fit = np.where((root > 0) & (third > 0), root + third + fifth, 0)
    best = fit.argmax(1)
    is_plain = fit[rows, best] >= np.maximum(PLAIN * heard.sum(1), 1)
    return np.where(is_plain, best, NO_SOURCE).astype(np.int64)


def _firsts(bars: npt.NDArray[Any]) -> I64:
    """Name the first bar that each is like; `NO_SOURCE` where it is the first, or nothing but nought."""
    alike = number_labels([bar.tobytes() for bar in bars])
    firsts = np.array([int(np.flatnonzero(alike == same)[0]) for same in alike])
    return np.where((firsts < np.arange(len(bars))) & bars.any((1, 2)), firsts, NO_SOURCE)


def count_spans(corpus: dataset.Corpus, style: int) -> list[list[int]]:
    """Measure the compasses of stretches of what is learnt from of a style: `SPANS` of them at most, see `pitch_range`.

    Stretches are of sixteen bars, or of a whole piece where that is shorter, each from the middle of its piece.
    """
    pieces = corpus.pieces
    own = np.flatnonzero((pieces["style"] == style) & ~pieces["held_out"])
    chosen = own[np.linspace(0, len(own) - 1, min(len(own), SPANS)).astype(np.int64)]
    return sorted(_spans(corpus, int(piece)) for piece in chosen)


def _spans(corpus: dataset.Corpus, piece: int) -> list[int]:
    count = int(corpus.pieces["count"][piece])
    length = min(count, RANGE_PASSAGE_BARS // BARS_PER_WINDOW)
    start = int(corpus.pieces["start"][piece]) + (count - length) // 2
    found = []
    for role in PITCHED_ROLES:
        events = corpus.windows[role.value][start : start + length]
        struck = events[events >= FIRST_PITCH_EVENT]
        found.append(int(np.ptp(struck)) if len(struck) else 0)
    return found


def export(data: Path, run: Path, models: Path, left_out: set[str], figures: dict[str, Any]) -> Path:
    """Write the model's folder and return it."""
    folder = models / "gan"
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = torch.load(run / CHECKPOINT, weights_only=True)
    plan = read_plan(run)
    corpus = dataset.load_corpus(data)
    shape = NetworkSizes(styles=len(corpus.styles))
    tensors = network_tensors(checkpoint)
    build_networks(shape.as_dict(), tensors)
    save_file(tensors, folder / WEIGHTS_NAME)
    for name in (TRAINING_INDEX_NAME, RERANKER_NAME):
        shutil.copyfile(run / name, folder / name)
    facts = json.loads((data / "styles.json").read_text())
    (folder / STYLES_NAME).write_text(json.dumps(served_styles(corpus, facts, left_out), indent=1) + "\n")
    metrics = [json.loads(line) for line in read_metrics(run)]
    manifest = {
        "name": "gan",
        "grid": GRID_ID,
        "sha256": _digest(folder / WEIGHTS_NAME),
        "styles_sha256": _digest(folder / STYLES_NAME),
        "novelty_sha256": _digest(folder / TRAINING_INDEX_NAME),
        "realism_sha256": _digest(folder / RERANKER_NAME),
        "format": "safetensors, float16",
        "shape": shape.as_dict(),
        "licence": "Apache-2.0",
        "data": _sources(facts),
        "training": plan
        | {
            "steps": checkpoint["step"],
            "adversarial_steps": checkpoint["adversarial_step"],
            "rehearsal_steps": checkpoint["rehearsal_step"],
            "seconds": round(checkpoint["elapsed_s"] + checkpoint["rehearsed_s"]),
            "of_which_rehearsing": round(checkpoint["rehearsed_s"]),
            "note": (run / NOTE_NAME).read_text().strip() if (run / NOTE_NAME).exists() else "",
        },
        "held_out": figures,
        "learning_curve": [line for line in metrics if "held_out" in line],
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(card(manifest, json.loads((folder / STYLES_NAME).read_text())))
    # The writer of safetensors leaves files that only their owner can read.
    (folder / WEIGHTS_NAME).chmod(0o644)
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _sources(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name every source with its licence and how many of its pieces were used."""
    sources = {style: _SOURCES["arranged" if name.startswith("arr-") else name] for name, style in STYLES.items()}
    return [
        {
            "style": fact["id"],
            "pieces": fact["pieces"],
            "source": source,
            "licence": licence,
            "credits": fact.get("credits", []),
        }
        for fact in facts
        for source, licence in [sources[fact["id"]]]
        if fact["pieces"]
    ]


_MUTOPIA = ("Mutopia Project", "public domain, CC BY in part")
_SOURCES = {
    "arranged": (
        "melodies of Aird, O'Neill and Ryan (printed 1782 to 1903), machine-made chords and bass, drums of Groove MIDI",
        "public domain; drums CC BY 4.0, Google LLC",
    ),
    "pop": ("POP909", "MIT (the data set; its songs are other people's)"),
    "game": ("Freedoom and Blasphemer", "BSD 3-clause"),
    "chorale": ("Bach chorales of the music21 corpus", "public-domain works; the encoding's licence is unstated"),
    "string-quartet": ("OpenScore String Quartets", "CC0"),
    "lied": ("OpenScore Lieder", "CC0"),
    "classical-piano": _MUTOPIA,
    "ragtime": _MUTOPIA,
}


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[], help="style ids that are not to be offered")
    parser.add_argument(
        "--figures", type=Path, help="what `training.evaluation --out` wrote, to be told in the manifest and card"
    )
    options = parser.parse_args()
    figures = json.loads(options.figures.read_text())["errors"]["made"] if options.figures else {}
    print(export(options.data, options.run, options.models, set(options.leave_out), figures))


if __name__ == "__main__":
    main()
