"""How a sound is described: dark or bright, soft or hard, dry or long, pure or noisy, thin or full.

Start at :func:`core.descriptors.notes.describe`.
"""
