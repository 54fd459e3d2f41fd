"""What training looks at: decoded pictures, which of them make a batch, and how they are varied."""
