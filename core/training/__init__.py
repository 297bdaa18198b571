"""Training of the models that ship, and of those to come."""
