"""Training of the embedded engine and its encoder: sounds, features, losses, loops.

Nothing here is imported when a clip is rendered.
"""
