"""What presets sound like in figures, for the window."""
