"""Training on instruments varied without end, all of it on one device."""
