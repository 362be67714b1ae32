"""The cases: small files of the kinds that people bring, and what is right for each, checked over HTTP."""
