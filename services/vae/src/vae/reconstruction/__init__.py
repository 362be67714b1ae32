"""Parents as their models reconstruct them: encoded, decoded from their own latents, compared, cached."""
