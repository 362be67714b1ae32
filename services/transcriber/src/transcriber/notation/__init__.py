"""Notation: division of the notes into roles, and the score that is written from them."""
