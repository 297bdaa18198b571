"""The columns of the table of takes."""

PLAY, PRESET, NOTES, LIKENESS, STAGE, LEFT, DRAG = range(7)
