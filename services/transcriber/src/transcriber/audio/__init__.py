"""Audio input: decoding of files and the semitone spectrogram."""
