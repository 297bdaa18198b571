"""The piano roll: notes, velocities, marks, and a playhead."""
