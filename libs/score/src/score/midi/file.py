"""Parser and writer of Standard MIDI Files.

``parse(write(score)) == score`` for every score that `parse` returns, and `write` is deterministic. Whatever the bytes
are, parsing raises nothing but a `servicekit.faults.Fault`.

Files are written in one canonical form: tempos, meters and key signatures are in the first track, a track chunk has one
channel, a program that is in force from the start is at tick 0, and a note ends with a note-off.
"""

from __future__ import annotations

import json
from operator import itemgetter

from servicekit.faults import Fault, MidiTooLarge, MidiUnreadable, NoNotes

from score.midi import smf
from score.midi.chunks import read_file
from score.midi.decoder import PROVENANCE_MARK, decode_score
from score.model import Score, Track
from score.tempo_map import TempoMap
from score.texts import encode_text

MAX_BYTES = 2 * 1024 * 1024
"""The largest file that is read."""

MAX_QUARTERS = 16_384
"""The longest piece that is read, in quarter notes: 4096 bars of 4/4."""

MAX_SECONDS = 2 * 60 * 60
"""The longest piece that is read, in seconds."""

# Order within one tick: note ends, then other events, then onsets, so that a repeated note is not cut off.
_END, _EVENT, _ONSET = range(3)
_BY_TICK_AND_KIND = itemgetter(0, 1)


def parse(data: bytes) -> Score:
    """Parse a Standard MIDI File.

    Parameters
    ----------
    data : bytes
        Format 0 or 1, or 2 with a single sequence, at most `MAX_BYTES`. It may be wrapped (RIFF), damaged or cut.

    Returns
    -------
    Score
        With at least one note. Its notices describe what had to be repaired.

    Raises
    ------
    MidiUnreadable
        If the bytes are no MIDI file, none of its notes can be read, or it holds several sequences (format 2).
    UnsupportedTimeDivision
        If the header has 0 ticks per quarter note, or counts frames of no known rate.
    MidiTooLarge
        If the file is larger than `MAX_BYTES`, or the piece is longer than `MAX_QUARTERS` or `MAX_SECONDS`.
    NoNotes
        If the file has no note.

    Examples
    --------
    >>> from score.model import Note
    >>> data = write(Score(tracks=(Track("Lead", notes=(Note(0, 480, 60, 80),)),)))
    >>> parse(data).tracks[0].notes
    (Note(onset_ticks=0, duration_ticks=480, pitch=60, velocity=80),)
    >>> parse(b"RIFF")
    Traceback (most recent call last):
    servicekit.faults.MidiUnreadable: This is not a MIDI file: it does not begin with the letters MThd.
    """
    if len(data) > MAX_BYTES:
        message = f"The file has {len(data):,} bytes: a MIDI file may have {MAX_BYTES:,}."
        raise MidiTooLarge(message, bytes=len(data), limit_bytes=MAX_BYTES)
    raw_file = read_file(data)
    score = decode_score(raw_file)
    if score.n_notes == 0:
        raise _no_notes(raw_file)
    _check_quarters(score)
    _check_seconds(score)
    return score


def write(score: Score) -> bytes:
    """Write a Standard MIDI File of format 1.

    The first track holds title, provenance, tempos, meters, keys and texts; each `Track` follows as one chunk.

    Examples
    --------
    >>> write(Score())[:14].hex(" ")
    '4d 54 68 64 00 00 00 06 00 01 00 01 01 e0'
    """
    body = [smf.write_track(_conductor_events(score), score.end_ticks)]
    body += [smf.write_track(_track_events(track, score.text_encoding), 0) for track in score.tracks]
    return smf.write_header(len(body), score.ticks_per_quarter) + b"".join(body)


def _no_notes(raw_file: smf.RawFile) -> Fault:
    """Return the fault for a file without notes: the notes may be lost in the damage."""
    n_tracks = len(raw_file.tracks)
    if raw_file.repairs.has_damage:
        return MidiUnreadable("The file is damaged or cut short: no note of it can be read.", tracks=n_tracks)
    return NoNotes("The file holds no notes: choose a file with at least one note.", tracks=n_tracks)


def _check_quarters(score: Score) -> None:
    quarters = score.end_ticks / score.ticks_per_quarter
    if quarters > MAX_QUARTERS:
        message = f"The piece lasts {quarters:,.0f} quarter notes: at most {MAX_QUARTERS:,} are read."
        raise MidiTooLarge(message, quarters=round(quarters), limit_quarters=MAX_QUARTERS)


def _check_seconds(score: Score) -> None:
    seconds = TempoMap.from_score(score).seconds(score.end_ticks)
    if seconds > MAX_SECONDS:
        message = f"The piece lasts {seconds / 3600:,.1f} hours: at most {MAX_SECONDS // 3600} are read."
        raise MidiTooLarge(message, seconds=round(seconds), limit_seconds=MAX_SECONDS)


def _conductor_events(score: Score) -> list[tuple[int, bytes]]:
    events = [(0, _meta(smf.META_NAME, encode_text(score.title, score.text_encoding)))] if score.title else []
    if score.provenance:
        text = json.dumps(score.provenance, sort_keys=True, separators=(",", ":"))
        events.append((0, _meta(smf.META_TEXT, PROVENANCE_MARK + text.encode())))
    maps = [(tick, _meta(smf.META_TEMPO, tempo.to_bytes(3, "big"))) for tick, tempo in score.tempos]
    for meter in score.meters:
        power = meter.denominator.bit_length() - 1
        payload = bytes((meter.numerator, power, meter.clocks_per_click, meter.thirty_seconds_per_quarter))
        maps.append((meter.tick, _meta(smf.META_METER, payload)))
    maps += [(key.tick, _meta(smf.META_KEY, bytes((key.fifths & 0xFF, key.is_minor)))) for key in score.keys]
    others = [(event.tick, event.data) for event in score.others]
    return sorted(events + maps + others, key=lambda event: event[0])


def _track_events(track: Track, encoding: str) -> list[tuple[int, bytes]]:
    head = [(0, _meta(smf.META_NAME, encode_text(track.name, encoding)))] if track.name else []
    if _has_channel(track):
        head.append((0, bytes((smf.PROGRAM_CHANGE | track.channel, track.program))))
    on = smf.NOTE_ON | track.channel
    timed = [(tick, _EVENT, data) for tick, data in track.others]
    for onset, duration, pitch, velocity in track.notes:
        timed.append((onset, _ONSET, bytes((on, pitch, velocity))))
        # A note-on of velocity 0 ends a note: running status then omits its status byte, which keeps files small.
        timed.append((onset + duration, _END, bytes((on, pitch, 0))))
    timed.sort(key=_BY_TICK_AND_KIND)
    return head + [(tick, data) for tick, _, data in timed]


def _has_channel(track: Track) -> bool:
    """Return whether the track has anything but texts, and therefore needs a program change."""
    is_instrument = track.channel or track.program or track.notes
    return bool(is_instrument) or any(data[0] < smf.SYSEX_START for _, data in track.others)


def _meta(kind: int, payload: bytes) -> bytes:
    return bytes((smf.META, kind)) + payload
