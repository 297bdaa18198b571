"""The embedded bundle's encoder: recordings are fitted, words are looked up."""
