"""The CLAP encoder of the published TokenSynth weights."""
