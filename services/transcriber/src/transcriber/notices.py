"""Notices about a transcription: what is uncertain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from score.model import Notice

from transcriber.notation.bar_grid import BarGrid
from transcriber.notation.role_separation import TranscribedPart
from transcriber.notation.score_builder import TRACK_NAMES

MIN_CONFIDENCE = 0.5
"""A lower confidence is reported."""
MIN_NOTES_CONFIDENCE = 0.8
"""Bound for the notes: their mean probability is never low, because improbable ones are left out."""


def transcription_notices(
    parts: Sequence[TranscribedPart], bars: BarGrid, notes_confidence: float, tempo_confidence: float
) -> Iterator[Notice]:
    """Yield the notices about a transcription.

    Parameters
    ----------
    parts : sequence of TranscribedPart
    bars : BarGrid
    notes_confidence, tempo_confidence : float
        0 to 1.
    """
    if notes_confidence < MIN_NOTES_CONFIDENCE:
        text = f"The notes are uncertain ({notes_confidence:.0%}): noise or many simultaneous sounds mask them."
        yield Notice("NOTES_UNSURE", text)
    if tempo_confidence < MIN_CONFIDENCE:
        yield Notice("TEMPO_UNSURE", f"The beat is uncertain ({tempo_confidence:.0%}): the bars may be wrong.")
    elif bars.confidence < MIN_CONFIDENCE:
        yield Notice("BARS_UNSURE", f"The bar lines are uncertain ({bars.confidence:.0%}); the beat is clear.")
    for part in parts:
        if part.confidence < MIN_CONFIDENCE:
            text = f"It is uncertain which notes are the {TRACK_NAMES[part.role].lower()} ({part.confidence:.0%})."
            yield Notice("PART_UNSURE", text)
