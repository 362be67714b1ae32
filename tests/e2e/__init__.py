"""The whole product, used in a real browser."""
