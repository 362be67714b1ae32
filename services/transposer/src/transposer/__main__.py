"""``python -m transposer``: run the service until SIGTERM or SIGINT."""

from __future__ import annotations

import os

# numpy reads this when it is first imported. The matrices here are small: more BLAS threads cost many times more than
# they save, and the service has threads and processes of its own, which inherit the variable.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from servicekit.server import serve_forever

from transposer.servicer import serve
from transposer.settings import Settings

if __name__ == "__main__":
    serve_forever(Settings, serve)
