"""What a run keeps of every finished task, and whether it still holds."""
