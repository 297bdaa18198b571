"""Timbre encoders: recordings and words to points of one embedding space."""
