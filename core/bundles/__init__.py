"""Model bundles as people are shown them, on the command line and in the window."""
