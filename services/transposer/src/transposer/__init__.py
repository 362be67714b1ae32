"""Key detection and transposition of MIDI files, as a gRPC service."""
