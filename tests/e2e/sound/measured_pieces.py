"""MIDI files whose sound is easily measured: one long tone, or a click on each beat."""

import io

import mido

TICKS = 480
OCARINA = 79
"""Nearly a sine: its pitch is the strongest partial."""
RIM = 37
"""The rim shot: short, so that onsets are apart."""
A4_HZ = 440.0


def tone_piece(pitch: int = 69, bars: int = 16, held_bars: int = 4) -> bytes:
    """Write a piece in 4/4, 120 BPM, of one tone, which begins anew after some bars."""
    tone = mido.MidiTrack([mido.Message("program_change", program=OCARINA, channel=0)])
    for _ in range(bars // held_bars):
        tone.append(mido.Message("note_on", note=pitch, velocity=100, channel=0))
        tone.append(mido.Message("note_off", note=pitch, velocity=0, channel=0, time=4 * held_bars * TICKS))
    return _to_bytes(tone)


def click_piece(bars: int = 16) -> bytes:
    """Write a piece in 4/4, 120 BPM, of rim shots, one on each beat."""
    drums = mido.MidiTrack()
    for _ in range(4 * bars):
        drums.append(mido.Message("note_on", note=RIM, velocity=120, channel=9))
        drums.append(mido.Message("note_off", note=RIM, velocity=0, channel=9, time=TICKS))
    return _to_bytes(drums)


def _to_bytes(track: mido.MidiTrack) -> bytes:
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(120))])
    conductor.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    file = mido.MidiFile(ticks_per_beat=TICKS)
    file.tracks.extend([conductor, track])
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()
