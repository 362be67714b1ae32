"""Runs the baseline's commands: ``python -m training.baseline train`` and ``sample``."""

from __future__ import annotations

from .wgan import main

main()
