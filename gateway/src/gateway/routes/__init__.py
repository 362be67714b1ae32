"""HTTP to call and back: one module for each thing a client sees."""
