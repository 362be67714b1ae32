"""What was repaired while a MIDI file was read, and the notices about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from score.model import Notice

_MESSAGES = {
    "RIFF_UNWRAPPED": "The music is wrapped in a RIFF file (.rmi): it was unwrapped.",
    "LEADING_BYTES": "Bytes before the music, skipped: {n}.",
    "HEADER_REPAIRED": "The header of the file is damaged: it was read as that of an ordinary MIDI file.",
    "SINGLE_SEQUENCE": "The file is of format 2, with a single sequence: it was read as an ordinary piece.",
    "TIME_IN_FRAMES": "The file counts time in film frames and has no beats: it was read at 120 quarters a minute, "
    "at its own speed.",
    "TRACK_COUNT_WRONG": "The header miscounts the tracks: {n} are there, and all were read.",
    "TRACKS_LEFT_OUT": "The file has more than 1,024 tracks: those after them were left out.",
    "FILE_CUT": "The file is cut short: it was read up to its last byte{where}.",
    "TRACKS_DAMAGED": "Damaged tracks, read up to the damage: {n}{where}.",
    "LONG_SILENCE": "Nothing sounds for {n} quarter notes, as in a damaged file: what comes after them was left out.",
    "TRACK_LENGTHS_WRONG": "Tracks whose length is stated wrongly, read to their end mark: {n}{where}.",
    "TRACK_MARKS_DAMAGED": "Tracks whose first letters are damaged, read all the same: {n}{where}.",
    "RUNNING_STATUS_RESUMED": "Events that leave out their type after a text or system event, read with the type "
    "before it: {n}{where}.",
    "VALUES_OUT_OF_RANGE": "Values over 127, which MIDI does not have, brought into range: {n}{where}.",
    "SYSTEM_MESSAGES": "Clock and other system messages, which do not belong in a file, skipped: {n}{where}.",
    "NOTES_UNENDED": "Notes without an end, each ended after a whole note at the latest: {n}{where}.",
    "NOTES_OVERLAPPING": "Notes that begin while the same key still sounds, which ends the note before: {n}{where}.",
    "NOTES_LENGTHENED": "Notes of zero length, extended to one tick: {n}{where}.",
    "NOTE_ENDS_UNMATCHED": "Note ends without a note, ignored: {n}{where}.",
    "EVENTS_MEANINGLESS": "Tempos, meters or key signatures with invalid values, ignored: {n}{where}.",
    "TRACK_ENDS_MISSING": "Tracks without an end mark, read to their last byte: {n}{where}.",
    "FOREIGN_CHUNKS": "Chunks that are not tracks, ignored: {n}.",
    "PADDING_BYTES": "Bytes between the tracks, skipped: {n}.",
    "TRAILING_BYTES": "Bytes after the last track, ignored: {n}.",
}
_DAMAGE = ("FILE_CUT", "TRACKS_DAMAGED", "HEADER_REPAIRED", "TRACK_LENGTHS_WRONG", "TRACK_COUNT_WRONG")
_WHOLE_FILE = 0
_MAX_LISTED_TRACKS = 3
_MAX_NAME_CHARACTERS = 40


class Repairs:
    """Counts repairs by reason and by track; tracks are numbered from 1 in the order of the file."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[int]] = {}

    def add(self, reason: str, n: int = 1, *, track: int = _WHOLE_FILE) -> None:
        """Count repairs, in one track or in the file as a whole.

        Parameters
        ----------
        reason : str
            The reason of the notice.
        n : int
            How many.
        track : int
            Number of the track.
        """
        if n:
            self._counts.setdefault(reason, Counter())[track] += n

    @property
    def has_damage(self) -> bool:
        """Whether music may have been lost."""
        return any(reason in self._counts for reason in _DAMAGE)

    def notices(self, track_names: Sequence[str]) -> tuple[Notice, ...]:
        """Return one notice for each reason.

        Parameters
        ----------
        track_names : sequence of str
            The names of all tracks of the file, empty for those without a name.

        Examples
        --------
        >>> repairs = Repairs()
        >>> repairs.add("NOTES_LENGTHENED", 2, track=2)
        >>> repairs.notices(["", "Flute"])[0].message
        'Notes of zero length, extended to one tick: 2 (track 2, Flute).'
        """
        return tuple(
            Notice(reason, message.format(n=f"{counts.total():,}", where=_where(counts, track_names)))
            for reason, message in _MESSAGES.items()
            if (counts := self._counts.get(reason))
        )


def _where(counts: Counter[int], names: Sequence[str]) -> str:
    """Return the tracks as an addition in brackets; nothing in a file of one track."""
    numbers = sorted(number for number in counts if number != _WHOLE_FILE)
    if not numbers or len(names) < 2:
        return ""
    if len(numbers) == 1:
        name = names[numbers[0] - 1] if numbers[0] <= len(names) else ""
        return f" (track {numbers[0]}, {name[:_MAX_NAME_CHARACTERS]})" if name else f" (track {numbers[0]})"
    if len(numbers) > _MAX_LISTED_TRACKS:
        return f" (in {len(numbers)} tracks)"
    return f" (tracks {', '.join(map(str, numbers[:-1]))} and {numbers[-1]})"
