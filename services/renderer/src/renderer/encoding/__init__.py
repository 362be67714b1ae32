"""Audio file formats and waveform peaks: from frames to the bytes of a WAV, FLAC, Ogg or MP3 file."""
