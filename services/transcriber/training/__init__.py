"""Training of the transcriber's networks; not part of the service."""
