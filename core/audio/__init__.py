"""Sound: files in and out, sample rates, channels, and what every listener asks of it."""

from core.audio.files import read_audio, read_reference, resample, write_wav

__all__ = ["read_audio", "read_reference", "resample", "write_wav"]
