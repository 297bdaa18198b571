"""Hearing timbres and files: phrases to try a preset with, their renders, and the commands."""
