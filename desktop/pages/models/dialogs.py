"""What the Models page asks and shows: a licence, a question, and how to bring files by hand."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from core.bundles.facts import BundleFacts, size_words
from desktop.theme.style_sheet import GRID
from desktop.translations.words import translate


class LicenceDialog(QDialog):
    """A licence, to read.

    Args:
        bundle_id: whose.
        text: of it.
        parent: over which it opens.
    """

    def __init__(self, bundle_id: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Licence of {bundle}").format(bundle=bundle_id))
        self.resize(82 * GRID, 60 * GRID)
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.windowTitle())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.text, 1)
        column.addWidget(buttons)


class ByHandDialog(QDialog):
    """How a bundle comes to a machine without a network.

    Args:
        facts: of the bundle.
        parent: over which it opens.

    Attributes:
        import_wanted: the file is here and is to be chosen.
    """

    import_wanted = pyqtSignal()

    def __init__(self, facts: BundleFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Bring {bundle} by hand").format(bundle=facts.id))
        self.setMinimumWidth(64 * GRID)
        heading = QLabel(self.tr("On a machine with a network, in a terminal:"))
        heading.setProperty("role", "heading")
        self.commands = QPlainTextEdit(
            f"timbre models pull {facts.id}\ntimbre models export {facts.id} -o {facts.id}.zip"
            if facts.can_pull
            else f"timbre models export {facts.id} -o {facts.id}.zip"
        )
        self.commands.setReadOnly(True)
        self.commands.setFixedHeight(9 * GRID)
        self.commands.setAccessibleName(self.tr("Commands to type there"))
        then = QLabel(
            self.tr(
                "Or press “Save to a file…” on its Models page. Carry the file here, and import "
                "it. Every file in it is checked before it counts."
            )
        )
        then.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        choose = buttons.addButton(
            self.tr("Import the file…"), QDialogButtonBox.ButtonRole.ActionRole
        )
        assert choose is not None
        choose.setProperty("role", "primary")
        choose.clicked.connect(self.accept)
        self.accepted.connect(self.import_wanted)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for widget in (heading, self.commands, then, buttons):
            column.addWidget(widget)


def removal_question(facts: BundleFacts, is_chosen: bool, parent: QWidget) -> QMessageBox:
    """Ask before a bundle is deleted; its first button is the one that does it.

    Args:
        facts: of the bundle.
        is_chosen: renders are made with it.
        parent: over which it opens.
    """
    box = QMessageBox(parent)
    box.setWindowTitle(translate("Models", "Remove a model"))
    box.setText(
        translate("Models", "Remove {bundle} ({size}) from this machine?").format(
            bundle=facts.id, size=size_words(facts.here)
        )
    )
    lines = [
        translate("Models", "It can be pulled again; that takes as long as it took.")
        if facts.is_published
        else translate("Models", "It came from a file, and cannot be pulled again: keep that file.")
    ]
    if is_chosen:
        lines.append(translate("Models", "Renders are made with the default model then."))
    lines.append(str(facts.dir))
    box.setInformativeText("\n".join(lines))
    remove = box.addButton(translate("Models", "Remove"), QMessageBox.ButtonRole.DestructiveRole)
    keep = box.addButton(translate("Models", "Keep"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    assert remove is not None
    remove.setObjectName("remove")
    return box
