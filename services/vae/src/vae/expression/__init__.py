"""What the grid leaves out, interpolated between the parents: dynamics, timing, tempo, instruments, tied notes."""
