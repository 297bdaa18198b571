"""How a preset looks in a row and in a cell of the grid, and where its marks are to click."""

from __future__ import annotations

from typing import Literal

from PyQt6.QtCore import QModelIndex, QObject, QPoint, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPalette, QPen
from PyQt6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from core.library.presets import MAX_NAME_CHARACTERS, Preset, PresetMeasures
from desktop.pages.browse.model import MEASURES_ROLE, PICTURE_ROLE, PRESET_ROLE
from desktop.widgets.adjective_bar import SMALL_BARS, draw_small_bars
from desktop.widgets.stars import draw_rating, draw_star

CellPlace = Literal["favourite", "rating", ""]

GRID = 8
"""Pixels: distances are multiples of it."""

_PICTURE = QSize(72, 32)
_STAR = 20
_RATING = 5 * 16
_BARS_FROM = 640
"""The width of a row that has room for what a preset measures."""


class PresetDelegate(QStyledItemDelegate):
    """What rows and cells have in common."""

    def cell_size(self, metrics: QFontMetrics) -> QSize:
        """The size of a cell; a width of 0 is that of the view.

        Args:
            metrics: of the view's font.
        """
        raise NotImplementedError

    def favourite_rect(self, cell: QRect) -> QRect:
        """Where the favourite's star is, in a cell."""
        raise NotImplementedError

    def rating_rect(self, cell: QRect) -> QRect:
        """Where the five stars are, in a cell; empty if there is no room."""
        raise NotImplementedError

    def name_rect(self, cell: QRect) -> QRect:
        """Where the name is, in a cell."""
        raise NotImplementedError

    def place_at(self, cell: QRect, point: QPoint) -> CellPlace:
        """Which mark a click meets.

        Args:
            cell: of the preset.
            point: of the click, in the same coordinates.
        """
        if self.favourite_rect(cell).adjusted(-4, -6, 4, 6).contains(point):
            return "favourite"
        return "rating" if self.rating_rect(cell).adjusted(0, -6, 0, 6).contains(point) else ""

    def createEditor(  # noqa: N802
        self, parent: QWidget | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> QWidget | None:
        """See :class:`QStyledItemDelegate`, as all that follow."""
        editor = QLineEdit(parent)
        editor.setMaxLength(MAX_NAME_CHARACTERS)
        editor.setAccessibleName(self.tr("Name of the preset"))
        return editor

    def updateEditorGeometry(  # noqa: N802
        self, editor: QWidget | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if editor is not None:
            name = self.name_rect(option.rect)
            height = editor.sizeHint().height()
            editor.setGeometry(
                name.left() - 4, name.center().y() - height // 2, name.width() + 4, height
            )

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802
        return self.cell_size(option.fontMetrics)

    def paint(
        self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex
    ) -> None:
        if painter is None:
            return
        painter.save()
        self._paint_ground(painter, option)
        preset = index.data(PRESET_ROLE)
        if isinstance(preset, Preset):
            picture, measures = index.data(PICTURE_ROLE), index.data(MEASURES_ROLE)
            self._paint_preset(painter, option, preset, picture, measures)
        else:
            self._text(painter, option.rect.adjusted(GRID, 0, 0, 0), "…", _quiet(option))
        painter.restore()

    def _paint_preset(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        preset: Preset,
        picture: object,
        measures: PresetMeasures | None,
    ) -> None:
        raise NotImplementedError

    def _paint_ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        states, palette = QStyle.StateFlag, option.palette
        body = QRectF(option.rect).adjusted(2, 1, -2, -1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & states.State_Selected:
            ground = QColor(palette.color(QPalette.ColorRole.Highlight))
            ground.setAlpha(72)
            painter.setBrush(ground)
            painter.drawRoundedRect(body, 4, 4)
        elif option.state & states.State_MouseOver:
            painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
            painter.drawRoundedRect(body, 4, 4)
        if option.state & states.State_HasFocus:
            painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body, 4, 4)

    def _paint_marks(self, painter: QPainter, option: QStyleOptionViewItem, preset: Preset) -> None:
        states, ink = QStyle.StateFlag, option.palette.color(QPalette.ColorRole.Text)
        faint = _quiet(option)
        faint.setAlpha(faint.alpha() // 2)
        touched = bool(option.state & (states.State_MouseOver | states.State_Selected))
        star = QRectF(self.favourite_rect(option.rect))
        if preset.favourite:
            accent = option.palette.color(QPalette.ColorRole.Highlight)
            draw_star(painter, star, accent, filled=True)
        else:
            draw_star(painter, star, faint, filled=False)
        rating = self.rating_rect(option.rect)
        if not rating.isEmpty():
            draw_rating(painter, rating, preset.rating, ink, faint if touched else None)

    def _paint_picture(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, picture: object
    ) -> None:
        if isinstance(picture, QImage):
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(rect, picture)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(option.palette.color(QPalette.ColorRole.AlternateBase))
        painter.drawRoundedRect(rect, 3, 3)
        quiet = _quiet(option)
        quiet.setAlpha(quiet.alpha() // 2)
        painter.setPen(QPen(quiet, 1))
        middle = rect.center().y()
        painter.drawLine(rect.left() + GRID, middle, rect.right() - GRID, middle)

    def _text(
        self,
        painter: QPainter,
        rect: QRect,
        text: str,
        color: QColor,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    ) -> None:
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.setPen(color)
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, elided)


class RowDelegate(PresetDelegate):
    """A preset in a row: mark, picture, name over recipe, tags, what it measures, rating."""

    def cell_size(self, metrics: QFontMetrics) -> QSize:
        """See :class:`PresetDelegate`, as all that follow."""
        height = max(_PICTURE.height() + GRID, 2 * metrics.height() + 2 * 6)
        return QSize(0, -(-height // GRID) * GRID)

    def favourite_rect(self, cell: QRect) -> QRect:
        return QRect(cell.left() + GRID, cell.center().y() - _STAR // 2 + 1, _STAR, _STAR)

    def rating_rect(self, cell: QRect) -> QRect:
        if cell.width() < 360:
            return QRect()
        return QRect(cell.right() - _RATING - GRID, cell.center().y() - 8, _RATING, 16)

    def name_rect(self, cell: QRect) -> QRect:
        words = self._words_rect(cell)
        return QRect(words.left(), words.top(), words.width(), words.height() // 2)

    def _picture_rect(self, cell: QRect) -> QRect:
        left = self.favourite_rect(cell).right() + GRID
        top = cell.center().y() - _PICTURE.height() // 2 + 1
        return QRect(QPoint(left, top), _PICTURE)

    def _tags_rect(self, cell: QRect) -> QRect:
        if cell.width() < 560:
            return QRect()
        width = cell.width() * 28 // 100
        bars = self._bars_rect(cell)
        right = (self.rating_rect(cell) if bars.isEmpty() else bars).left() - 2 * GRID
        return QRect(right - width, cell.top(), width, cell.height())

    def _bars_rect(self, cell: QRect) -> QRect:
        if cell.width() < _BARS_FROM:
            return QRect()
        right = self.rating_rect(cell).left() - 2 * GRID
        top = cell.center().y() - SMALL_BARS.height() // 2 + 1
        return QRect(QPoint(right - SMALL_BARS.width(), top), SMALL_BARS)

    def _words_rect(self, cell: QRect) -> QRect:
        left = self._picture_rect(cell).right() + 12
        ends = (self._tags_rect(cell), self.rating_rect(cell))
        right = min([cell.right(), *(rect.left() for rect in ends if not rect.isEmpty())])
        return QRect(left, cell.top() + 5, max(0, right - left - GRID), cell.height() - 10)

    def _paint_preset(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        preset: Preset,
        picture: object,
        measures: PresetMeasures | None,
    ) -> None:
        cell, ink, quiet = option.rect, option.palette.text().color(), _quiet(option)
        self._paint_marks(painter, option, preset)
        self._paint_picture(painter, option, self._picture_rect(cell), picture)
        self._text(painter, self.name_rect(cell), preset.name, ink)
        words = self._words_rect(cell)
        below = QRect(words.left(), words.center().y(), words.width(), words.height() // 2)
        self._text(painter, below, preset.summary, quiet)
        tags = self._tags_rect(cell)
        if not tags.isEmpty():
            self._text(painter, tags, "  ".join(preset.tags), quiet)
        bars = self._bars_rect(cell)
        if not bars.isEmpty():
            track = QColor(quiet)
            track.setAlpha(60)
            places = {} if measures is None else measures.places
            draw_small_bars(painter, bars, places, quiet, track)


class GridDelegate(PresetDelegate):
    """A preset in a cell: a large picture, its name and marks below."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._line = 16

    def cell_size(self, metrics: QFontMetrics) -> QSize:
        """See :class:`PresetDelegate`, as all that follow."""
        self._line = metrics.height()
        height = 72 + 2 * self._line + 4 * GRID
        return QSize(max(152, 12 * metrics.averageCharWidth() * 2), -(-height // GRID) * GRID)

    def favourite_rect(self, cell: QRect) -> QRect:
        return QRect(cell.right() - GRID - _STAR, self._marks_top(cell), _STAR, 16)

    def rating_rect(self, cell: QRect) -> QRect:
        return QRect(cell.left() + GRID + 2, self._marks_top(cell), _RATING, 16)

    def name_rect(self, cell: QRect) -> QRect:
        top = self._picture_rect(cell).bottom() + 6
        return QRect(cell.left() + GRID + 4, top, cell.width() - 2 * GRID - 8, self._line)

    def _marks_top(self, cell: QRect) -> int:
        return self.name_rect(cell).bottom() + 6

    def _picture_rect(self, cell: QRect) -> QRect:
        below = 2 * self._line + 3 * GRID
        return cell.adjusted(GRID, GRID, -GRID, -below)

    def _paint_preset(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        preset: Preset,
        picture: object,
        measures: PresetMeasures | None,
    ) -> None:
        cell = option.rect
        self._paint_picture(painter, option, self._picture_rect(cell), picture)
        self._text(painter, self.name_rect(cell), preset.name, option.palette.text().color())
        self._paint_marks(painter, option, preset)


def bold(font: QFont) -> QFont:
    """The same font, heavier."""
    heavier = QFont(font)
    heavier.setWeight(QFont.Weight.DemiBold)
    return heavier


def _quiet(option: QStyleOptionViewItem) -> QColor:
    return QColor(option.palette.color(QPalette.ColorRole.PlaceholderText))
