"""Runs the fine-tuning: ``python -m training.finetune``."""

from __future__ import annotations

from .policy_gradient import main

main()
