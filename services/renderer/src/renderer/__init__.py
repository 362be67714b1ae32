"""Audio rendering service: MIDI to audio with FluidSynth, streamed."""
