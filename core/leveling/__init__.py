"""What makes timbres equally loud: one gain each, found on a fixed phrase."""
