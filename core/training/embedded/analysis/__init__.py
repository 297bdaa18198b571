"""Recorded notes taken apart into the controls that would play them again."""
