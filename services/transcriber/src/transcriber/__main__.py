"""``python -m transcriber`` serves the transcriber until told to stop."""

from __future__ import annotations

from servicekit.server import run
from servicekit.settings import read

from transcriber.servicer import serve
from transcriber.settings import Settings


def main() -> None:
    """Read the settings and serve."""
    run(serve(read(Settings)))


if __name__ == "__main__":
    main()
