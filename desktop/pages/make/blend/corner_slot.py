"""A corner of the pad: which preset is there, and ways to put another one there."""

from __future__ import annotations

from PyQt6.QtCore import QPoint, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PyQt6.QtWidgets import QAbstractButton, QApplication, QMenu, QSizePolicy, QWidget

from desktop.pages.make.blend.drops import corner_in, corner_mime, presets_in
from desktop.pages.make.blend.entries import BlendEntry
from desktop.theme.colours import colours_of
from desktop.theme.plain_text import literal
from desktop.theme.style_sheet import GRID


class CornerSlot(QAbstractButton):
    """See the module's first line. Pressed, it shows a menu; dragged, it swaps with another.

    Args:
        number: of the corner, 0–3.
        parent: as of any widget.

    Attributes:
        presets_dropped: ids of presets for this corner.
        swap_wanted: with the corner of this number.
        remove_wanted: id of the preset that is to leave the blend.
    """

    presets_dropped = pyqtSignal(list)
    swap_wanted = pyqtSignal(int)
    remove_wanted = pyqtSignal(str)

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._entry: BlendEntry | None = None
        self._name = self._share = ""
        self._pressed_at = QPoint()
        self._is_target = False
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._show_menu)
        self.show_entry(None, 0.0)

    def names(self) -> tuple[str, ...]:
        """Of the corners, for people."""
        return (
            self.tr("top left"), self.tr("top right"), self.tr("bottom left"),
            self.tr("bottom right"),
        )  # fmt: skip

    def show_entry(self, entry: BlendEntry | None, share: float) -> None:
        """Show what is here.

        Args:
            entry: the preset; None for an empty corner.
            share: of the blend that is heard, 0…1.
        """
        self._entry = entry
        where = self.names()[self._number]
        self._share = "" if entry is None else f"{share:.0%}".replace("%", " %")
        name = self.tr("empty") if entry is None else entry.name
        self._name = name
        self.setText(literal(name))
        self.setAccessibleName(self.tr("Corner {}: {}").format(where, f"{name} {self._share}"))
        self.setToolTip(
            self.tr("Drop a preset here")
            if entry is None
            else self.tr("{}: drag it onto another corner to swap them; press for more").format(
                name
            )
        )
        self.update()

    def menu(self) -> QMenu:
        """What can be done with the corner."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, name in enumerate(self.names()):
            if number != self._number:
                action = menu.addAction(self.tr("Swap with {}").format(name))
                assert action is not None  # Qt makes one for every text
                action.triggered.connect(lambda _, number=number: self.swap_wanted.emit(number))
        entry = self._entry
        if entry is not None:
            menu.addSeparator()
            action = menu.addAction(self.tr("Take {} out of the blend").format(literal(entry.name)))
            assert action is not None
            action.triggered.connect(lambda: self.remove_wanted.emit(entry.preset_id))
        return menu

    def sizeHint(self) -> QSize:  # noqa: N802
        """See :class:`QWidget`, as all that follow."""
        return QSize(15 * GRID, self.fontMetrics().height() + GRID)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is not None:
            self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        if event is None or self._entry is None or not self.isDown():
            return super().mouseMoveEvent(event)
        way = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if way >= QApplication.startDragDistance():
            self.setDown(False)
            drag = QDrag(self)
            drag.setMimeData(corner_mime(self._number))
            drag.exec(Qt.DropAction.MoveAction)
        return None

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is None:
            return
        mime = event.mimeData()
        if presets_in(mime) or corner_in(mime) not in (None, self._number):
            self._aim(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:  # noqa: N802
        self._aim(False)

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        self._aim(False)
        if event is None:
            return
        ids, corner = presets_in(event.mimeData()), corner_in(event.mimeData())
        event.acceptProposedAction()
        if ids:
            self.presets_dropped.emit(ids)
        elif corner is not None:
            self.swap_wanted.emit(corner)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        colours, painter = colours_of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self._is_target or self.hasFocus()
        pen = QPen(QColor(colours.accent if marked else colours.line), 1)
        if self._entry is None and not marked:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(QColor(colours.raised if self._entry else colours.surface))
        body = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(body, 4, 4)
        metrics, inside = self.fontMetrics(), self.rect().adjusted(GRID, 0, -GRID, 0)
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.quiet_text))
        painter.drawText(inside, int(centre | Qt.AlignmentFlag.AlignRight), self._share)
        inside.adjust(0, 0, -metrics.horizontalAdvance(self._share) - GRID * bool(self._share), 0)
        painter.setPen(QColor(colours.text if self._entry else colours.quiet_text))
        name = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, int(centre | Qt.AlignmentFlag.AlignLeft), name)
        painter.end()

    def _aim(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    def _show_menu(self) -> None:
        self.menu().popup(self.mapToGlobal(QPoint(0, self.height())))
