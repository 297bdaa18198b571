"""Batches: one clip in many presets, or many clips in one; begun, watched, heard and exported."""
