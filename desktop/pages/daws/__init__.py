"""The DAW page: the bridge, who speaks with it, and where renders went."""
