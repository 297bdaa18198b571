"""What encoders say of presets: computed when a preset is made, kept, and compared."""
