"""Samples music from the generator step by step, in compiled kernels."""
