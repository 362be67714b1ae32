"""The rules of each attribute: which edits there are, and what they cost the music."""
