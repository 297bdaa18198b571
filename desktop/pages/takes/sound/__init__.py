"""A take as it sounds: its outline, its spectrogram, and playing it."""
