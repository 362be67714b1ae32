"""How near generated music comes to music that the generator never saw: every figure of ``make evaluate-gan``.

Nothing here knows how the generator works: pieces are asked of the service's own code, and come from files.
"""
