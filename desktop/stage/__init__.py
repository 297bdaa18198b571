"""The bottom of the window: a clip or phrase, its sound, and keys to play."""
