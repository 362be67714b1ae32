"""Generates whole pieces of up to four roles with a style-conditioned GAN."""

import os

# Before numpy is loaded: small matrix products are slower on several threads, and the service computes several pieces
# at once.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
