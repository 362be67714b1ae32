"""Render the MIDI files of a folder to audio by the product, beside them.

    python tests/bench/render_folder.py EXAMPLES --format ogg

Starts the product on free ports with a data folder of its own, uploads each file and downloads it as audio. The
examples of blends to listen to are written by `training.whole_blend.product.examples` in ``services/vae``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "deploy/dev")]

from http_client import GatewayClient  # noqa: E402
from startall.testing import run_product  # noqa: E402

FORMATS = ("ogg", "opus", "mp3", "flac", "wav")


def main() -> None:
    """Parse the command line, and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--format", choices=FORMATS, default="ogg")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.mid"))
    with (
        tempfile.TemporaryDirectory() as data,
        run_product(Path(data)) as product,
        GatewayClient(product.url) as client,
    ):
        for path in paths:
            (file_id,) = client.upload(path.read_bytes())
            path.with_suffix(f".{options.format}").write_bytes(client.download_audio(file_id, options.format))
            print(path.with_suffix(f".{options.format}"))


if __name__ == "__main__":
    main()
