"""Standard measurements of whole pieces: what judges go by, of what is drawn and of what is evaluated."""
