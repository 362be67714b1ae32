"""What music is in Segue: a Standard MIDI File, a `Score`, a grid of roles, and windows of it.

::

    midi.parse   bytes -> Score          midi.write     Score -> bytes
    roles.assign Score -> who plays what grid.from_score Score -> Grid    grid.to_score Grid -> Score
    windows.split Grid -> windows        windows.join   windows -> events
    summary.summarize Score -> what a person is told about a piece
"""
