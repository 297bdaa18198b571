"""What programs give us: the forms that other libraries have, and clear errors for the rest."""
