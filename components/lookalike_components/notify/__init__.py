"""Step `notify`: tell people how a run ended."""
