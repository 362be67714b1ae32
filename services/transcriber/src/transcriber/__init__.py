"""Transcription of recordings to MIDI files, as a gRPC service."""
