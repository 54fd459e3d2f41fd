"""Step train: teaches an encoder which pictures show the same thing."""
