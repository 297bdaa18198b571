"""Judges of timbre: from a sound to an embedding in which like instruments lie close."""
