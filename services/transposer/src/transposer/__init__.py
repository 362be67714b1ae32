"""Finds a piece's key and moves it to another."""

import os

# The matrices here are small: a second thread for each costs many times more than it saves, and the service has
# threads and processes of its own. To be said before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
