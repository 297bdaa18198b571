"""What every test runs under: no model hub, no screen, and no compiled code of an earlier run."""

import os
import tempfile

from hypothesis import HealthCheck, settings

# Importing laion_clap and transformers asks the hub first, and waits long where there is none.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# librosa's functions, loaded from numba's cache, have crashed the interpreter once; compiled
# afresh they never have.
os.environ.setdefault("NUMBA_CACHE_DIR", tempfile.mkdtemp(prefix="numba-"))

# What is slow on a machine that is busy says nothing about the code.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
