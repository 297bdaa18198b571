"""What a listener heard of a take: its notes, and how near its sound is to what was asked for."""
