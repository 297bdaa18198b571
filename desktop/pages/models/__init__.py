"""The Models page: the bundles there are, pulled, verified, chosen and removed."""
