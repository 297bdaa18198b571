"""What presets sound like in figures: kept with them, and searched by.

Raw values (:mod:`core.descriptors.notes`) are kept for each version and model; a place between
two adjectives, 0…1, is a value's rank in the factory bank (:mod:`.yardstick`), or what the user
says instead.
"""
