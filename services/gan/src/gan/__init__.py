"""Generates whole pieces of four roles with a style-conditioned GAN."""
