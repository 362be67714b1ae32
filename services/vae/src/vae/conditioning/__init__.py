"""What tokens are decoded under besides the latents: pitch masks, interval priors and attribute vectors."""
