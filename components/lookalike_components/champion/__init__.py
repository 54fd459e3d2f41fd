"""Step `champion`: which release is to be beaten, and on which test set."""
