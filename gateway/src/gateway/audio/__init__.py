"""Audio for playback: render settings, the cache of rendered audio, and waveform peaks."""
