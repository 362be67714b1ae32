"""Blends whole pieces with Magenta's MusicVAE."""
