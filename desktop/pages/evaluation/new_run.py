"""What a new evaluation is of, and what it will take."""

from __future__ import annotations

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.terminal.durations import duration_words
from desktop.services.evaluations.interface import (
    EvaluationChoices,
    EvaluationPlan,
    EvaluationRequest,
    EvaluationService,
)
from desktop.tasks import Lane, Tasks
from desktop.theme.style_sheet import GRID

_MOST_ITEMS = 100_000
_SETTLED_MS = 150


class NewRun(QFrame):
    """See the module's first line.

    Args:
        evaluations: says what there is, and what a run will take.
        tasks: the door to threads.
        parent: as of any widget.

    Attributes:
        start_wanted: with an :class:`EvaluationRequest`.
    """

    start_wanted = pyqtSignal(object)

    def __init__(
        self, evaluations: EvaluationService, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._evaluations, self._tasks = evaluations, tasks
        self.set_field = QComboBox()
        self.set_field.setAccessibleName(self.tr("Set of sounds"))
        self.set_field.setMinimumContentsLength(16)
        self.other_set = QPushButton(self.tr("Other…"))
        self.other_set.setToolTip(self.tr("A manifest.jsonl from `timbre evaluate manifest`"))
        self.other_set.setAccessibleName(self.tr("Choose another set"))
        self.baselines = _choice(self.tr("Baselines"), is_chosen=True)
        self.baselines.setToolTip(
            self.tr("Ground truth, sines and others: what the figures can tell apart")
        )
        self.limit = QSpinBox()
        self.limit.setRange(0, _MOST_ITEMS)
        self.limit.setSpecialValueText(self.tr("all items"))
        self.limit.setPrefix(self.tr("first "))
        self.limit.setAccessibleName(self.tr("How many items"))
        self.limit.setToolTip(self.tr("The first items only; 0 takes all"))
        self.start = QPushButton(self.tr("Start"))
        self.start.setProperty("role", "primary")
        self.models: dict[str, QPushButton] = {}
        self._model_row = QHBoxLayout()
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setProperty("role", "quiet")
        self._words.setAccessibleName(self.tr("What it will take"))
        self._is_planned = self._is_busy = False
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLED_MS)
        self._settling.timeout.connect(self._ask_plan)
        self._lay_out()
        self.set_field.currentIndexChanged.connect(self._changed)
        self.limit.valueChanged.connect(self._changed)
        self.baselines.toggled.connect(self._changed)
        self.other_set.clicked.connect(self._choose_set)
        self.start.clicked.connect(lambda: self.start_wanted.emit(self.request))
        self._show_ready()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("New evaluation"))
        title.setProperty("role", "heading")
        for field in (self.set_field, self.limit):
            field.setMinimumHeight(self.other_set.sizeHint().height())
        first = QHBoxLayout()
        first.setSpacing(GRID)
        what = QLabel(self.tr("Set"))
        what.setBuddy(self.set_field)
        for widget in (what, self.set_field, self.other_set, self.limit, self.baselines):
            first.addWidget(widget)
        first.addStretch(1)
        second = QHBoxLayout()
        second.setSpacing(GRID)
        second.addWidget(QLabel(self.tr("Models")))
        self._model_row.setSpacing(GRID)
        second.addLayout(self._model_row)
        second.addStretch(1)
        third = QHBoxLayout()
        third.setSpacing(2 * GRID)
        third.addWidget(self._words, 1)
        third.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(GRID)
        column.addWidget(title)
        for row in (first, second, third):
            column.addLayout(row)

    @property
    def request(self) -> EvaluationRequest:
        """What is chosen."""
        return EvaluationRequest(
            str(self.set_field.currentData() or ""),
            tuple(name for name, box in self.models.items() if box.isChecked()),
            self.baselines.isChecked(),
            self.limit.value() or None,
        )

    @property
    def words(self) -> str:
        """What is said of it."""
        return self._words.text()

    @property
    def why_not(self) -> str:
        """Why it cannot be started; empty if it can."""
        if self._is_busy:
            return self.tr("one goes on already")
        return "" if self._is_planned else self._words.text()

    def show_choices(self, choices: EvaluationChoices) -> None:
        """Offer these; what was chosen stays chosen."""
        before = self.request
        for name in choices.sets:
            if self.set_field.findData(name) < 0:
                self.set_field.addItem(name, name)
        for name in [name for name in self.models if name not in choices.models]:
            box = self.models.pop(name)
            self._model_row.removeWidget(box)
            box.deleteLater()
        for name in choices.models:
            if name not in self.models:
                box = _choice(name, is_chosen=not self.models)
                box.toggled.connect(self._changed)
                self.models[name] = box
                self._model_row.addWidget(box)
        if self.request != before or not self._is_planned:
            self._changed()

    def show_busy(self, is_busy: bool) -> None:
        """One goes on, so that no other can be started; or none."""
        self._is_busy = is_busy
        self._show_ready()

    def choose_set(self, place: str) -> None:
        """Choose a set by the path of its manifest or folder."""
        if self.set_field.findData(place) < 0:
            self.set_field.addItem(place, place)
        self.set_field.setCurrentIndex(self.set_field.findData(place))

    def _choose_set(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose a set"), "", f"{self.tr('Manifests')} (*.jsonl)"
        )
        if name:
            self.choose_set(name)

    def _changed(self, *_: object) -> None:
        self._is_planned = False
        self._show_ready()
        self._settling.start()

    def _ask_plan(self) -> None:
        request = self.request
        if not request.models:
            self._words.setText(self.tr("Choose a model."))
            return
        self._tasks.run(
            lambda _: self._evaluations.plan(request),
            self._show_plan,
            failed=lambda error: self._words.setText(str(error)),
            lane=Lane.BACKGROUND,
            owner=self,
            replaces="evaluation: plan",
        )

    def _show_plan(self, plan: EvaluationPlan) -> None:
        takes = (
            self.tr("about {time}").format(time=duration_words(plan.seconds))
            if plan.seconds is not None
            else self.tr("how long is known after the first few")
        )
        words = (
            self.tr("1 item, about {sounds} sounds: {takes}, at low priority.")
            if plan.items == 1
            else self.tr("{items} items, about {sounds} sounds: {takes}, at low priority.")
        )
        self._words.setText(words.format(items=plan.items, sounds=plan.sounds, takes=takes))
        self._is_planned = True
        self._show_ready()

    def _show_ready(self) -> None:
        self.start.setEnabled(self._is_planned and not self._is_busy)
        self.start.setToolTip(self.tr("One goes on already") if self._is_busy else "")


def _choice(text: str, *, is_chosen: bool) -> QPushButton:
    """Something to choose or leave."""
    button = QPushButton(text)
    button.setCheckable(True)
    button.setChecked(is_chosen)
    return button
