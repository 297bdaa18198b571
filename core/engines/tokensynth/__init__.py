"""TokenSynth: an autoregressive transformer over codec tokens, and its codec."""
