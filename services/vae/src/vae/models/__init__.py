"""The models as the domain sees them: sizes, checkpoints, sampling parameters, batching over all cores."""
