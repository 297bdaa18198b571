"""The process that sounds keys as they are played, and what is said to it."""
