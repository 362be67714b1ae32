"""Music as Segue represents it: a Standard MIDI File, a `Score`, a grid of roles, and windows of the grid.

::

    midi.parse     bytes -> Score            midi.write     Score -> bytes
    roles.assign   Score -> role per track
    grid.from_score  Score -> Grid           grid.to_score  Grid -> Score
    windows.split  Grid -> windows           windows.join   windows -> events
    summary.summarize  Score -> what a user sees of a piece
"""
