"""What a render gives: its sound, and what is needed to repeat it."""
