"""How good a system's sounds are, as figures that can be repeated and compared."""
