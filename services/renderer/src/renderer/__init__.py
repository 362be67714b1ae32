"""Renders MIDI to audio with FluidSynth, streamed."""
