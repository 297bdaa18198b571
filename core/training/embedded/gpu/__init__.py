"""Training on instruments augmented without end, all of it on one device."""
