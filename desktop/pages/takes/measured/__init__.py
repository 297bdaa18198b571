"""What was measured of takes: asking for it, saying it, and ranking by it."""
