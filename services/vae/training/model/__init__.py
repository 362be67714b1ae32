"""The networks in PyTorch, their two training stages, and the attribute vectors of a trained model."""
