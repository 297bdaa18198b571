"""Codecs: sound to tokens and back."""
