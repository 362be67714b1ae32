"""Scores as keys of caches."""

from __future__ import annotations

from score.model import Score


class SameScore:
    """A score as a key that is equal to itself alone: comparing all notes would take longer than what is cached.

    Parameters
    ----------
    score : Score
        Kept alive by the key.

    Examples
    --------
    >>> score = Score()
    >>> SameScore(score) == SameScore(score), SameScore(score) == SameScore(Score())
    (True, False)
    """

    def __init__(self, score: Score) -> None:
        self.score = score

    def __eq__(self, other: object) -> bool:
        """Return whether both hold one and the same score."""
        return isinstance(other, SameScore) and other.score is self.score

    def __hash__(self) -> int:
        """Return the same for the same score."""
        return id(self.score)
