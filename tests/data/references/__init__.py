"""Recordings that are no single pitched instrument, and how they were made."""
