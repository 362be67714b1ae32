"""Persistence: the database, the repository of its rows, and the artifact store."""
