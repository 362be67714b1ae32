"""Runs the export: `python -m training.export`."""

from __future__ import annotations

from .model_folder import main

main()
