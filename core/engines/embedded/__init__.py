"""The embedded engine: partials and noise, note by note, from a small network."""
