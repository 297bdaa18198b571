"""What happened at the bridge, in lines for people; any thread may add one."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

KEPT = 2000
"""Lines; older ones are forgotten."""

_LOGGER = "bridge"
"""All of the package's own loggers lie under it."""


class BridgeLog(logging.Handler):
    """Lines with their times, from :meth:`note` and from the package's own loggers.

    Args:
        added: called with each line, on the thread that adds it.
    """

    def __init__(self, added: Callable[[str], object]) -> None:
        super().__init__(logging.INFO)
        self._added = added
        self._lines: deque[str] = deque(maxlen=KEPT)
        self._guard = threading.Lock()
        self._level_before = logging.NOTSET

    @property
    def lines(self) -> Sequence[str]:
        """All that are kept, the oldest first."""
        with self._guard:
            return tuple(self._lines)

    def note(self, words: str) -> None:
        """Add a line."""
        line = f"{time.strftime('%H:%M:%S')}  {' '.join(words.split())}"
        with self._guard:
            self._lines.append(line)
        self._added(line)

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        self.note(record.getMessage())

    def listen(self) -> None:
        """Listen to the package's loggers from now on."""
        logger = logging.getLogger(_LOGGER)
        if self not in logger.handlers:
            self._level_before = logger.level
            logger.setLevel(logging.INFO)
            logger.addHandler(self)

    def unlisten(self) -> None:
        """Listen no more; the lines stay."""
        logger = logging.getLogger(_LOGGER)
        if self in logger.handlers:
            logger.removeHandler(self)
            logger.setLevel(self._level_before)
