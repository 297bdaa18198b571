"""Engines: what turns notes and a timbre embedding into audio."""
