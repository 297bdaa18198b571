"""The window, and what puts the other packages together."""
