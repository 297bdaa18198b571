"""How loud it is now: a bar that rises at once and falls slowly, with a mark that stays."""

from __future__ import annotations

import math
import time

from PyQt6.QtCore import QRectF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent, QPalette
from PyQt6.QtWidgets import QSizePolicy, QWidget

FLOOR_DB = -60.0
_FALL_DB_S = 24.0
_HOLD_S = 1.5
_WIDTH = 10


class LevelMeter(QWidget):
    """Shows decibels under full scale from the floor of −60 up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Level"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._shown_db = self._peak_db = FLOOR_DB
        self._peak_at = self._set_at = 0.0

    @property
    def shown_db(self) -> float:
        """Where the bar ends."""
        return self._shown_db

    @property
    def is_at_rest(self) -> bool:
        """Whether bar and mark are down."""
        return self._shown_db <= FLOOR_DB and self._peak_db <= FLOOR_DB

    def set_level(self, level_db: float, now: float | None = None) -> None:
        """Show a level.

        Args:
            level_db: under full scale; −inf is silence.
            now: seconds of ``time.monotonic``; None asks it.
        """
        now = time.monotonic() if now is None else now
        fallen = self._shown_db - _FALL_DB_S * (now - self._set_at)
        level_db = level_db if math.isfinite(level_db) else FLOOR_DB
        before = (self._shown_db, self._peak_db)
        self._shown_db = max(FLOOR_DB, min(0.0, max(level_db, fallen)))
        if self._shown_db >= self._peak_db or now - self._peak_at > _HOLD_S:
            self._peak_db, self._peak_at = self._shown_db, now
        self._set_at = now
        if before != (self._shown_db, self._peak_db):
            self.setToolTip(
                f"{self._shown_db:.0f} dB" if self._shown_db > FLOOR_DB else self.tr("silence")
            )
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Narrow."""
        return QSize(_WIDTH, 64)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        """Draw it."""
        painter = QPainter(self)
        palette = self.palette()
        height = self.height()
        painter.fillRect(self.rect(), palette.color(QPalette.ColorRole.Base))
        bar = self._share(self._shown_db) * height
        accent = palette.color(QPalette.ColorRole.Highlight)
        painter.fillRect(QRectF(0, height - bar, self.width(), bar), accent)
        if self._peak_db > FLOOR_DB:
            mark = height - self._share(self._peak_db) * height
            text = palette.color(QPalette.ColorRole.WindowText)
            painter.fillRect(QRectF(0, max(0.0, mark - 1), self.width(), 2), text)

    @staticmethod
    def _share(level_db: float) -> float:
        return (level_db - FLOOR_DB) / -FLOOR_DB
