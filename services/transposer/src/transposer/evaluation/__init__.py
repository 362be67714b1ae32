"""Labelled music on which key detection is trained and measured; not imported by the service itself."""
