"""Making presets: from recordings, from words, and from other presets."""
