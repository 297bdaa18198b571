"""Clips in and audio files back: OSC, a spool of files, jobs, and the scripts of DAWs."""
