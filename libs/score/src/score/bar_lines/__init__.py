"""Where the bars of a score begin, where its file does not say so."""
