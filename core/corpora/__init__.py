"""Published data sets in their makers' folder layouts, read once for training and evaluation."""
