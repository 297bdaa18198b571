"""Blind tests: sounds compared by ear without their names, and the votes that were given."""
