"""How the transcriber's networks are made; not part of what is served."""
