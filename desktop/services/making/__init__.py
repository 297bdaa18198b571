"""What the Make page is given: recordings, a microphone, and presets by words."""
