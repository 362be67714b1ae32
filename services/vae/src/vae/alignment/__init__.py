"""Which window of each parent meets at each window of a blend: one meter, then dynamic time warping by sections."""
