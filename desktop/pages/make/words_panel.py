"""A timbre from words, with the presets nearest to them beside it while one types."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.library.presets import Neighbour
from core.timbre import MAX_WORDS_CHARACTERS, TextTimbre
from desktop.faults import fault_of
from desktop.pages.make.keep_bar import KeepBar
from desktop.pages.make.neighbour_list import NeighbourDelegate, NeighbourModel
from desktop.pages.naming import name_for_words
from desktop.services.interfaces import PresetService
from desktop.services.making.interface import WordService
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID

MOST_SHOWN = 12
_SETTLED_MS = 200


class WordsPanel(QWidget):
    """See the module's first line.

    Args:
        presets: where it is kept.
        words: knows what is near to words.
        tasks: the one door.
        parent: as of any widget.

    Attributes:
        play_wanted: id of a preset to be heard.
        taken: id and name of a preset that is used instead.
        status: what is being done, in words; empty when it is over.
        failed: a :class:`desktop.faults.Fault`.
    """

    play_wanted = pyqtSignal(str)
    taken = pyqtSignal(str, str)
    status = pyqtSignal(str)
    failed = pyqtSignal(object)

    def __init__(
        self,
        presets: PresetService,
        words: WordService,
        tasks: Tasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._service, self._tasks = words, tasks
        self._asked = ""
        self.field = QLineEdit()
        self.field.setProperty("role", "large")
        self.field.setPlaceholderText(self.tr("warm plucked bass, glassy bell, breathy choir…"))
        self.field.setAccessibleName(self.tr("Describe a sound"))
        self.field.setToolTip(self.tr("Enter hears it; ↓ goes to the presets nearest to it"))
        self.field.setMaxLength(MAX_WORDS_CHARACTERS)
        self.field.installEventFilter(self)
        self.keep_bar = KeepBar(presets, tasks)
        self.heading = QLabel()
        self.heading.setProperty("role", "quiet")
        self.heading.setWordWrap(True)
        self.heading.setAccessibleName(self.tr("Nearest presets, how far they are"))
        self.model = NeighbourModel(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(NeighbourDelegate(self.list))
        self.list.setAccessibleName(self.tr("Presets nearest to the words"))
        self.list.setToolTip(self.tr("↑ ↓ hear each with the clip below; Enter takes it"))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setMinimumHeight(15 * GRID)
        self.list.installEventFilter(self)
        self.take_button = QPushButton(self.tr("Take this one"))
        self.take_button.setToolTip(
            self.tr("Use the chosen preset instead of making another, and show it")
        )
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLED_MS)
        self._settling.timeout.connect(self._look)
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.field)
        self._typed("")

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(GRID)
        below.addWidget(self.heading, 1)
        below.addWidget(self.take_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self.field)
        column.addLayout(below)
        column.addWidget(self.list, 1)
        column.addWidget(self.keep_bar)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.keep_bar.hear)
        selection = self.list.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._stepped)
        self.list.clicked.connect(self._clicked)
        self.list.doubleClicked.connect(self._take)
        self.take_button.clicked.connect(self._take)
        self.keep_bar.status.connect(self.status)
        self.keep_bar.failed.connect(self.failed)

    @property
    def chosen(self) -> Neighbour | None:
        """The preset that is stepped to."""
        return self.model.neighbour(self.list.currentIndex().row())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Down from the field into the list, up from its first row back, Enter takes one."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if watched is self.field and key == Qt.Key.Key_Down and self.model.rowCount():
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                self.list.setCurrentIndex(self.model.index(0))
                return True
            if watched is self.list:
                if key == Qt.Key.Key_Up and self.list.currentIndex().row() <= 0:
                    self.field.setFocus(Qt.FocusReason.BacktabFocusReason)
                    return True
                if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                    self._take()
                    return True
        return super().eventFilter(watched, event)

    def _typed(self, text: str) -> None:
        words = " ".join(text.split())
        if not words:
            self.keep_bar.rename("")
            self.keep_bar.set_source(None, "")
            self._settling.stop()
            self._asked = ""
            self.model.set_found(())
            self._show_chosen()
            self._say(self.tr("Presets that sound like it are found while you type."))
            return
        self.keep_bar.set_source(lambda _: TextTimbre(words), name_for_words(words))
        if words != self._asked:
            self._settling.start()

    def _look(self) -> None:
        words = " ".join(self.field.text().split())
        self._asked = words

        def show(found: Sequence[Neighbour]) -> None:
            if words != self._asked:
                return
            self.model.set_found(found)
            self._show_chosen()
            self._say(
                self.tr("Nearest presets; ↓ steps through them, and each is heard:")
                if found
                else self.tr("There is no preset to compare with yet.")
            )

        self._tasks.run(
            lambda control: self._service.nearest(words, MOST_SHOWN, control),
            show,
            failed=self._fail,
            lane=Lane.AUDITION,
            owner=self,
            replaces="make: nearest",
            staged=self._staged,
        )

    def _fail(self, error: Exception) -> None:
        self._asked = ""  # asked again by the next key
        self._say(self.tr("The nearest presets cannot be found; see the line below."))
        self.failed.emit(fault_of(error))

    def _staged(self, words: str) -> None:
        if self._asked:
            self._say(f"{words[:1].upper()}{words[1:]}…")

    def _say(self, words: str) -> None:
        self.heading.setText(words)

    def _stepped(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._show_chosen()
        if self.list.hasFocus():
            self._play()

    def _clicked(self, _index: QModelIndex) -> None:
        self._play()

    def _play(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            self.play_wanted.emit(chosen.preset.id)

    def _take(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            self.taken.emit(chosen.preset.id, chosen.preset.name)

    def _show_chosen(self) -> None:
        self.take_button.setEnabled(self.chosen is not None)
