"""Training and evaluation of the MusicVAE models, one for each role. Nothing here is served."""
