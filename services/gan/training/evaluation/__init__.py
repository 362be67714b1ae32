"""Evaluation of generated music against held-out music: all figures of ``make evaluate-gan``.

The measures do not depend on how the generator works: pieces come from the service's own code, or from files.
"""
