"""Training of the network that finds who leads and who plays the bass."""
