"""Which window of each parent meets at each window of a blend: meter, sections, dynamic time warping."""
