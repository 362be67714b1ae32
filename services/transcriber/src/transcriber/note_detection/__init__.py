"""Note detection: basic-pitch's posteriors, features of candidate notes, and the choice of onsets and ends."""
