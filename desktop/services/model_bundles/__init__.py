"""Model bundles for the window: the interface, and the real thing."""
