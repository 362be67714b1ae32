"""What the grid leaves out: dynamics, microtiming, tempo, ties and note thinning."""
