"""Standard MIDI Files <-> `Score`: the one parser and the one writer.

::

    file      parse and write, with the limits on size and length
    decoder   raw events -> Score
    smf       the byte codec: chunks, variable-length numbers, events
"""

from score.midi.file import MAX_BYTES, MAX_QUARTERS, MAX_SECONDS, parse, write

__all__ = ["MAX_BYTES", "MAX_QUARTERS", "MAX_SECONDS", "parse", "write"]
