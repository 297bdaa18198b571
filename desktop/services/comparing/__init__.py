"""Two sounds side by side, for the window."""
