"""Step `label`: say which images show the same thing."""
