"""The parts of a blend: chord progression, accompaniment, lead, instruments, and the rules that hold between them."""
