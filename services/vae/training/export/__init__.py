"""Exports a training run as the model folder that the service loads."""
