"""Two presets, or two versions of one, side by side."""
