"""From a score to frames: MIDI messages timed in frames, FluidSynth, and playback on two threads."""
