"""Sound to MIDI."""

import os

# Small matrices: OpenBLAS's threads would wait for each other longer than they work. Read when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
