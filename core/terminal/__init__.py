"""What people see in a terminal beside results: a bar that moves, and examples in help."""
