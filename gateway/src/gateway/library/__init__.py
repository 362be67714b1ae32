"""The library: what belongs to an account, listed, named, starred, deleted and restored."""
