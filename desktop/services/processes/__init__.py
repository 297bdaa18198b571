"""Work that would hold up the window from any thread of its process, done in another."""
