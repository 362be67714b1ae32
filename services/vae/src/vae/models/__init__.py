"""The models of the four roles: networks, checkpoints, batching, and how tokens are sampled."""
