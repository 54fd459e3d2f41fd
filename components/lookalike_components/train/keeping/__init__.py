"""What a training leaves while it works: history, TensorBoard events, checkpoints."""
