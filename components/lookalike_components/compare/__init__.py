"""Step `compare`: is the new encoder better than the one before it, and not by chance? With a report for people."""
