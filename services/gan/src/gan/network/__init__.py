"""The generator and the critic: layers, dimensions, and the channels that they read and write."""
