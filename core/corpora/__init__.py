"""Layouts of published data sets, read once for training and evaluation."""
