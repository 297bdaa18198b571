"""How the window looks: named colours, palettes, icons, and plots in the same colours."""
