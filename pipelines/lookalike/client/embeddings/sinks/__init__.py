"""Vector databases, each in a module that imports its client."""
