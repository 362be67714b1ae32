"""Standard measurements of symbolic music, for ranking candidates and for evaluation."""
