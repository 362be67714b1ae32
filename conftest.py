"""Lets the tests of the gateway import it: pytest would take its folder, of the same name, for the package."""

import contextlib

with contextlib.suppress(ImportError):
    # Where only one service is installed, its tests do without.
    import gateway  # noqa: F401
