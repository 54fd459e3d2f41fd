"""Whether an encoder still knows what it knew before its training: measured on drawings kept with the project."""
