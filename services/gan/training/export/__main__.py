"""Exports a training run as the model that the service loads.

    python -m training.export --data DIR --run DIR --models DIR

in `services/gan`. Writes the folder ``gan`` of the models folder, see `training.export.model_folder`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from .model_folder import export


def main() -> None:
    """Parse the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--exclude", nargs="*", default=[], help="ids of styles that are not served")
    parser.add_argument("--figures", type=Path, help="JSON that training.evaluation wrote, for manifest and card")
    options = parser.parse_args()
    figures = json.loads(options.figures.read_text())["errors"]["generated"] if options.figures else {}
    print(export(options.data, options.run, options.models, set(options.exclude), figures))


if __name__ == "__main__":
    main()
