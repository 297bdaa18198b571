"""What words are taught: names, prototypes and adjectives."""
