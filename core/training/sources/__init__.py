"""Where training sounds and words come from."""
