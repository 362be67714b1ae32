"""Pretraining of the note generator: maximum likelihood, then adversarial steps against the critic."""
