"""What a person should know about a transcription."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from score.model import Notice

from transcriber.notation.role_separation import Part
from transcriber.notation.score_builder import NAMES
from transcriber.rhythm.downbeat_tracking import Bars

UNSURE = 0.5
"""Below this a notice says so."""
UNSURE_NOTES = 0.8
"""The mean probability of notes is never low, since the unlikely ones are left out; below this much is guessed."""


def of(parts: Sequence[Part], bars: Bars, confidence: float, tempo_confidence: float) -> Iterator[Notice]:
    """Tell what was left out and what is not sure."""
    yield Notice("DRUMS_NOT_TRANSCRIBED", "Only notes with a pitch are written down: drums are left out.")
    if confidence < UNSURE_NOTES:
        text = f"The notes are not sure ({confidence:.0%}): many sounds at once, or noise, hide them."
        yield Notice("NOTES_UNSURE", text)
    if tempo_confidence < UNSURE:
        yield Notice("TEMPO_UNSURE", f"The beat is not sure ({tempo_confidence:.0%}): the bars may be elsewhere.")
    elif bars.confidence < UNSURE:
        yield Notice("BARS_UNSURE", f"Where bars begin is not sure ({bars.confidence:.0%}); the beat is clear.")
    for part in parts:
        if part.confidence < UNSURE:
            text = f"Which notes are the {NAMES[part.role].lower()} is not sure ({part.confidence:.0%})."
            yield Notice("PART_UNSURE", text)
