"""Pydantic models of the HTTP contract: request bodies, query parameters and response bodies."""
