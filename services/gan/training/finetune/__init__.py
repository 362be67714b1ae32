"""Policy-gradient fine-tuning of the generator against discriminators of whole pieces."""
