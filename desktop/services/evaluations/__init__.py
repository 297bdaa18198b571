"""Evaluations for the window: the interface, and runs in a process of their own."""
