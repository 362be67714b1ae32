"""``python -m gateway.gallery make [ID ...]``: makes the gallery again and says whether the notes are the same."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import httpx

from gateway.gallery.catalog import Spec
from gateway.gallery.regenerate import Maker


def main(arguments: list[str] | None = None) -> int:
    """Make the pieces asked for; 0 if each came out as it lies in the gallery."""
    asked = _parser().parse_args(arguments)
    try:
        with Maker(asked.url, asked.folder) as maker:
            # Every piece is made, also after one that differs.
            return max([_remake(maker, spec, write=asked.write) for spec in maker.chosen(asked.ids)], default=0)
    except KeyError as unknown:
        print(f"gallery: no item {unknown}; see {asked.folder / 'gallery.json'}", file=sys.stderr)
    except httpx.TransportError:
        print(f"gallery: nothing answers at {asked.url}; start Segue with `make run`", file=sys.stderr)
    except RuntimeError as refused:
        print(f"gallery: {refused}", file=sys.stderr)
    return 2


def _remake(maker: Maker, spec: Spec, *, write: bool) -> int:
    made = maker.make(spec)
    notes = maker.count_notes(made)
    if write:
        maker.path(spec).write_bytes(made)
        print(f"{spec.id}: written, {notes} notes")
        return 0
    same = maker.path(spec).exists() and maker.same_notes(made, spec)
    print(f"{spec.id}: {'the same' if same else 'OTHER'} notes, {notes} of them")
    return 0 if same else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.gallery", description="Make the gallery's pieces again.")
    commands = parser.add_subparsers(dest="command", required=True)
    make = commands.add_parser("make", help="make pieces through the running product and compare their notes")
    make.add_argument("ids", nargs="*", metavar="ID", help="items of gallery.json; all when none is named")
    make.add_argument("--url", default="http://127.0.0.1:8000", help="the gateway's address")
    make.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where gallery.json lies")
    make.add_argument("--write", action="store_true", help="keep what was made, in place of what was there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
