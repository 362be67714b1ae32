"""How the key finder's numbers were made; nothing here is served."""
