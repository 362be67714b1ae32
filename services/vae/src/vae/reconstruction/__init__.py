"""Parents as the models give them back: encoded, decoded from their own latents, and compared."""
