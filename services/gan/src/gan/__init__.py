"""Generates whole pieces of four roles with a style-conditioned GAN."""

import os

# Before numpy is loaded: small products are slower on several threads, and a service computes several pieces at once.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
