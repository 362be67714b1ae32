"""Blends pieces with Magenta's MusicVAE."""
