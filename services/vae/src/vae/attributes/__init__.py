"""Attribute sliders: density, register, syncopation and polyphony of the roles of a finished piece."""
