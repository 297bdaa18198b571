"""Model bundles: what there is, where it is, and the weights that ship."""

DEFAULT_BUNDLE = "embedded"
"""The bundle that is used where none is named; it ships with the program."""
