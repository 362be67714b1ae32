"""What tokens are decoded under besides the latents: pitch masks and interval priors."""
