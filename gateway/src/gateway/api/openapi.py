"""``python -m gateway.api.openapi [FILE]``: writes the OpenAPI document.

The web page's types are generated from it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gateway.app import build
from gateway.settings import Settings


def export() -> str:
    """Return the OpenAPI document as JSON text; it depends on no setting."""
    document = build(Settings.model_construct()).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Write the document to a file, or to standard output where none is named."""
    parser = argparse.ArgumentParser(prog="python -m gateway.api.openapi", description="Write the OpenAPI document.")
    parser.add_argument("file", nargs="?", type=Path, help="where to write it, such as web/src/api/openapi.json")
    file: Path | None = parser.parse_args(arguments).file
    if file is None:
        sys.stdout.write(export())
    else:
        file.write_text(export(), encoding="utf-8")


if __name__ == "__main__":
    main()
