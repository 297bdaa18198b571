"""``timbre doctor``: what of this machine works with us, what does not, and what to do."""
