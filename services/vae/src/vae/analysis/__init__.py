"""Description of a parent by bars: notes, chord symbols, phrases, and the tempo octave in which two parents meet."""
