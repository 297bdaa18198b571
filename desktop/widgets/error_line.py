"""What went wrong, as a line above the status: the reason, a way out, and details to copy.

Several faults wait in turn; none is dropped, and the same one is not said twice.
"""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.faults import Fault
from desktop.theme.icons import icon
from desktop.theme.style_sheet import GRID


class ErrorLine(QFrame):
    """See the module's first lines.

    Attributes:
        shown: a fault is shown; for readers of the screen and tests.
    """

    shown = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "error")
        self._waiting: list[Fault] = []
        self._sign = QLabel()
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAccessibleName(self.tr("What went wrong"))
        self._more = QLabel()
        self._more.setProperty("role", "quiet")
        self._way_out = QPushButton()
        self._way_out.setProperty("role", "primary")
        self._details = QPushButton(self.tr("Details"))
        self._dismiss = QPushButton()
        self._dismiss.setProperty("role", "flat")
        self._dismiss.setAccessibleName(self.tr("Dismiss the error"))
        self._dismiss.setToolTip(self.tr("Dismiss"))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        row.setSpacing(GRID)
        for widget in (self._sign, self._message, self._more, self._way_out):
            row.addWidget(widget, 1 if widget is self._message else 0)
        row.addWidget(self._details)
        row.addWidget(self._dismiss)
        self._way_out.clicked.connect(self._take_way_out)
        self._details.clicked.connect(self._show_details)
        self._dismiss.clicked.connect(self.dismiss)
        self.hide()

    @property
    def fault(self) -> Fault | None:
        """The one that is shown."""
        return self._waiting[0] if self._waiting else None

    def say(self, fault: Fault) -> None:
        """Show a fault, or let it wait behind those that are not dismissed yet."""
        if any(fault.message == other.message for other in self._waiting):
            return
        self._waiting.append(fault)
        self._show()

    def dismiss(self) -> None:
        """On to the next, if there is one."""
        del self._waiting[:1]
        self._show()

    def retheme(self) -> None:
        """Icons in the colours of now."""
        side = self.fontMetrics().height()
        self._sign.setPixmap(icon("error", self, "bad").pixmap(side, side))
        self._dismiss.setIcon(icon("close", self))

    def _show(self) -> None:
        fault = self.fault
        self.setVisible(fault is not None)
        if fault is None:
            return
        self.retheme()
        self._message.setText(fault.message)
        more = len(self._waiting) - 1
        self._more.setText(self.tr("and %n more", "", more))
        self._more.setVisible(more > 0)
        self._details.setVisible(bool(fault.details))
        self._way_out.setVisible(fault.way_out is not None)
        if fault.way_out is not None:
            self._way_out.setText(fault.way_out.label)
        self.shown.emit(fault.message)

    def _take_way_out(self) -> None:
        fault = self.fault
        self.dismiss()
        if fault is not None and fault.way_out is not None:
            fault.way_out.run()

    def _show_details(self) -> None:
        if self.fault is not None:
            dialog = DetailsDialog(self.fault, self)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()


class DetailsDialog(QDialog):
    """All that is known of a fault, to read and to copy.

    Args:
        fault: which.
        parent: over which it opens.
    """

    def __init__(self, fault: Fault, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What went wrong"))
        self.resize(70 * GRID, 45 * GRID)
        self._text = f"{fault.message}\n\n{fault.details}"
        message = QLabel(fault.message)
        message.setWordWrap(True)
        details = QPlainTextEdit(fault.details)
        details.setReadOnly(True)
        details.setAccessibleName(self.tr("Details"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(self.tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        assert copy is not None
        copy.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(message)
        column.addWidget(details, 1)
        column.addWidget(buttons)

    def copy(self) -> None:
        """Everything to the clipboard."""
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self._text)
