"""Training of the networks for key detection; not part of the service."""
