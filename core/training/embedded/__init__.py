"""Training of the embedded engine, its encoder and their words."""
