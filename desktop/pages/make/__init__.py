"""Making timbres: from a recording, from words."""
