"""What music is in Segue: MIDI, score, grid of roles."""
