"""What a piece is, apart from its file: its fingerprint, its near duplicates, and its description for a data set."""
