"""Generates whole pieces with a style-conditioned GAN."""
