"""``python -m gateway.gallery make [ID ...]``: generates the gallery again, and compares the notes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import httpx

from gateway.gallery.catalog import GallerySpec
from gateway.gallery.regenerate import Regenerator


def main(arguments: list[str] | None = None) -> int:
    """Generate the requested pieces; return 0 if each has the notes of the one in the gallery."""
    options = _parser().parse_args(arguments)
    try:
        with Regenerator(options.url, options.folder) as regenerator:
            # Every piece is generated, also after one that differs.
            specs = regenerator.select(options.ids)
            return max([_regenerate(regenerator, spec, write=options.write) for spec in specs], default=0)
    except KeyError as unknown:
        print(f"gallery: no item {unknown}; see {options.folder / 'gallery.json'}", file=sys.stderr)
    except httpx.TransportError:
        print(f"gallery: nothing answers at {options.url}; start Segue with `make run`", file=sys.stderr)
    except RuntimeError as error:
        print(f"gallery: {error}", file=sys.stderr)
    return 2


def _regenerate(regenerator: Regenerator, spec: GallerySpec, *, write: bool) -> int:
    midi = regenerator.generate(spec)
    n_notes = regenerator.count_notes(midi)
    if write:
        regenerator.path(spec).write_bytes(midi)
        print(f"{spec.id}: written, {n_notes} notes")
        return 0
    is_same = regenerator.path(spec).exists() and regenerator.has_same_notes(midi, spec)
    print(f"{spec.id}: {'the same' if is_same else 'OTHER'} notes, {n_notes} of them")
    return 0 if is_same else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.gallery", description="Generate the gallery again.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="generate pieces through the running product and compare their notes")
    make.add_argument("ids", nargs="*", metavar="ID", help="items of gallery.json; all when none is named")
    make.add_argument("--url", default="http://127.0.0.1:8000", help="the gateway's address")
    make.add_argument("--folder", type=Path, default=Path(__file__).parent, help="the folder of gallery.json")
    make.add_argument("--write", action="store_true", help="replace the pieces in the folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
