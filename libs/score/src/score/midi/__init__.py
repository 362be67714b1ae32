"""Standard MIDI Files <-> `Score`: the one parser and the one writer.

::

    file          parse and write, with the limits on size and length
    chunks        the reader of a file: header and chunks
    track_reader  the reader of one track chunk
    silence       cuts what comes after an endless silence
    decoder       raw events -> Score
    drum_parts    which tracks are drums
    repairs       what was repaired, as notices
    smf           the byte format, and the writer of chunks
"""

from score.midi.file import MAX_BYTES, MAX_QUARTERS, MAX_SECONDS, parse, write

__all__ = ["MAX_BYTES", "MAX_QUARTERS", "MAX_SECONDS", "parse", "write"]
