"""DAWs that the bridge itself speaks to."""
