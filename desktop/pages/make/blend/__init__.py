"""Blends of presets: a list with weights, an XY pad that shows the same, heard while it moves."""
