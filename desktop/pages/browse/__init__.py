"""The page where presets are found, marked and kept in order."""
