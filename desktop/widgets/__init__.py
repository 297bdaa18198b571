"""Small reusable widgets: no services, no pages."""
