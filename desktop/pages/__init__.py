"""Pages of the window, a folder each: its view, its model, what it draws."""
