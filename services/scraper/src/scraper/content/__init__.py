"""What a fetched body contains: links of a page, MIDI files, and archives of MIDI files."""
