"""Writes the chosen piece: cadence, dynamics, MIDI."""
