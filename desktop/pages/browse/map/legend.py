"""What the shapes and colours on the map stand for."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from core.library.timbre_map.families import FAMILIES
from desktop.pages.browse.map.markers import draw_shape
from desktop.theme.colours import colours_of
from desktop.theme.style_sheet import GRID


class MapLegend(QWidget):
    """A card over the map with the families that are on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._families: tuple[int, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(self.tr("Families"))

    @property
    def families(self) -> tuple[int, ...]:
        """Numbers of those listed."""
        return self._families

    def set_families(self, families: Iterable[int]) -> None:
        """List the families with these numbers."""
        self._families = tuple(sorted(families))
        self.setAccessibleDescription(", ".join(self.word(each) for each in self._families))
        self.resize(self.sizeHint())
        self.update()

    def word(self, family: int) -> str:
        """A family for people."""
        words = (
            self.tr("keys"), self.tr("mallets, bells"), self.tr("organ"), self.tr("plucked"),
            self.tr("bass"), self.tr("strings"), self.tr("voice"), self.tr("brass"),
            self.tr("wind"), self.tr("lead"), self.tr("pad"), self.tr("drums"),
        )  # fmt: skip
        assert len(words) == len(FAMILIES)
        return words[family]

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.word(each)) for each in self._families),
                     default=0)  # fmt: skip
        return QSize(widest + 5 * GRID, self._line * len(self._families) + 2 * GRID)

    @property
    def _line(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802
        if not self._families:
            return
        painter, colours = QPainter(self), colours_of(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        for number, family in enumerate(self._families):
            top = GRID + number * self._line
            draw_shape(painter, QPointF(2.0 * GRID, top + self._line / 2), family, colours)
            painter.setPen(QColor(colours.text))
            painter.drawText(
                4 * GRID - 4, top, self.width(), self._line,
                Qt.AlignmentFlag.AlignVCenter, self.word(family),
            )  # fmt: skip
        painter.end()
