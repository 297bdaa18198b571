"""What is heard in audio as notes."""
