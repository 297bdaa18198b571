"""The network that hears when keys are let go."""
