"""The map of presets: those that sound alike stand together."""
