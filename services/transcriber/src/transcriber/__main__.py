"""``python -m transcriber``: run the service until SIGTERM or SIGINT."""

from __future__ import annotations

import os

# numpy reads this when it is first imported. The matrices here are small: threads of OpenBLAS would wait for each other
# longer than they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from servicekit.server import serve_forever

from transcriber.servicer import serve
from transcriber.settings import Settings

if __name__ == "__main__":
    serve_forever(Settings, serve)
