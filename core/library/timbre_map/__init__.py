"""The map of presets: where each stands in a plane, by a projection that never changes."""
