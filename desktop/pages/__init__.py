"""The window's pages, a folder each."""
