"""Routes of what accounts are entered with, and of what is stored about them."""
