"""Model bundles: what they hold, where they are, how they get here."""
