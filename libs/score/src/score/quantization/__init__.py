"""From the notes of a score to the roles and events of a grid, and from events back to notes.

::

    role_split      which notes of which track each role gets
    role_encoding   all roles as events, in whole bars
    codec           note tables <-> events, whatever the role
    monophonic      ... of lead and bass: one note at a time
    voice_allocation  ... of harmony: four voices
    drums           ... of drums: a bit mask of nine classes at each step
    note_table      the array type that these share
    tempo_curve     the tempo of each step
    notices         what quantizing changed, for a person to read
"""
