"""Component `plan`: divide a large source among parallel tasks."""
