"""Clips that came from a DAW or a file, and their renders."""
