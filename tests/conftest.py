"""What every test runs under: no model hub, no screen, and no compiled code of an earlier run."""

import os
import tempfile

# Importing laion_clap and transformers asks the hub first, and waits long where there is none.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# librosa's functions, loaded from numba's cache, have crashed the interpreter once; compiled
# afresh they never have.
os.environ.setdefault("NUMBA_CACHE_DIR", tempfile.mkdtemp(prefix="numba-"))
