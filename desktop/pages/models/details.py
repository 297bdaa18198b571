"""All there is to know of one bundle, and what can be done with it."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.bundles.facts import BundleFacts, device_words, size_words
from desktop.pages.models.work import BundleWork
from desktop.theme.style_sheet import GRID

_TONES = {"ready": "good", "not pulled": "quiet", "incomplete": "warning", "damaged": "bad"}
_ACTS = ("choose", "pull", "verify", "export", "remove")


class BundleDetails(QScrollArea):
    """See the module's first line.

    Attributes:
        asked: what is to be done with the bundle that is shown: ``choose``, ``pull``, ``verify``,
            ``export``, ``remove``, ``cancel``, ``licence`` or ``by hand``.
    """

    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._facts: BundleFacts | None = None
        self._title, self._state = _label("title"), _label()
        self._summary, self._problem = _label(), _label("bad")
        self._problem.setAccessibleName(self.tr("What went wrong"))
        self._work_words = _label("quiet")
        self._work_words.setAccessibleName(self.tr("What is being done"))
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        self._bar.setAccessibleName(self.tr("How far it is"))
        self._values = {name: _label() for name in ("engine", "size", "licence", "place", "runs")}
        self._can, self._but = _label(), _label("quiet")
        self.buttons = self._make_buttons()
        self._lay_out()

    def _make_buttons(self) -> dict[str, QPushButton]:
        made = {}
        for name, text, tip in (
            (
                "choose",
                self.tr("Use for renders"),
                self.tr("For takes and DAWs; hearing uses embedded"),
            ),
            ("pull", self.tr("Pull"), self.tr("Download it, or go on with a download")),
            ("verify", self.tr("Verify"), self.tr("Read every file and compare its hash")),
            ("export", self.tr("Save to a file…"), self.tr("To carry to another machine")),
            ("remove", self.tr("Remove…"), self.tr("Delete its files from this machine")),
            ("cancel", self.tr("Cancel"), self.tr("Stop; a pull goes on from there next time")),
            ("licence", self.tr("Read…"), self.tr("Read the licence")),
            ("folder", self.tr("Open folder"), self.tr("Show the files")),
            ("by hand", self.tr("Bring the files by hand…"), self.tr("Without a network here")),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, name=name: self._ask(name))
            made[name] = button
        made["licence"].setAccessibleName(self.tr("Read the licence"))
        return made

    def _lay_out(self) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._title)
        column.addWidget(self._state)
        column.addWidget(self._summary)
        column.addSpacing(GRID)
        acts = QHBoxLayout()
        acts.setSpacing(GRID)
        for name in _ACTS:
            acts.addWidget(self.buttons[name])
        acts.addStretch(1)
        column.addLayout(acts)
        # Always as high as it gets: nothing below moves when work begins.
        work = QWidget()
        work.setMinimumHeight(6 * GRID)
        row = QHBoxLayout(work)
        row.setContentsMargins(0, 0, 0, 0)
        words = QVBoxLayout()
        words.setSpacing(GRID // 2)
        words.addStretch(1)
        words.addWidget(self._work_words)
        words.addWidget(self._bar)
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(self.buttons["cancel"], 0, Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(work)
        column.addWidget(self._problem)
        column.addWidget(self.buttons["by hand"], 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(self._facts_grid())
        column.addSpacing(GRID)
        column.addWidget(self._can)
        column.addWidget(self._but)
        column.addStretch(1)
        self.setWidget(inner)

    def _facts_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnStretch(1, 1)
        rows = (
            ("engine", self.tr("Engine"), ""),
            ("size", self.tr("Size"), ""),
            ("licence", self.tr("Licence"), "licence"),
            ("place", self.tr("Where"), "folder"),
            ("runs", self.tr("Runs on"), ""),
        )
        for number, (name, title, button) in enumerate(rows):
            heading = _label("quiet")
            heading.setText(title)
            self._values[name].setAccessibleName(title)
            grid.addWidget(heading, number, 0)
            grid.addWidget(self._values[name], number, 1)
            if button:
                grid.addWidget(self.buttons[button], number, 2)
        return grid

    @property
    def facts(self) -> BundleFacts | None:
        """Of the bundle that is shown."""
        return self._facts

    @property
    def words(self) -> str:
        """What is said of how it stands: the state, what is being done, and what went wrong."""
        labels = (self._state, self._work_words, self._problem)
        return "\n".join(label.text() for label in labels if label.text())

    def show_bundle(
        self, facts: BundleFacts, chosen: str, work: BundleWork | None, problem: str
    ) -> None:
        """Show a bundle as it stands.

        Args:
            facts: of it.
            chosen: id of the bundle that renders are made with.
            work: what is being done for it; None if nothing.
            problem: what went wrong with it last; empty if nothing.
        """
        self._facts = facts
        is_chosen = facts.id == chosen
        self._title.setText(facts.id)
        used = self.tr(" · used for renders") if is_chosen else ""
        self._state.setText(f"{facts.state_words}{used}")
        _role(self._state, _TONES[facts.state])
        self._summary.setText(facts.summary)
        self._values["engine"].setText(
            f"{facts.engine}: {facts.engine_summary}" if facts.engine_summary else facts.engine
        )
        self._values["size"].setText(size_words(facts.size))
        self._values["licence"].setText(facts.licence or self.tr("not known"))
        self._values["place"].setText(str(facts.dir))
        self._values["runs"].setText(device_words(facts.device))
        self._can.setText("\n".join(f"+ {line}" for line in facts.can))
        self._but.setText("\n".join(f"– {line}" for line in facts.cannot))
        self._show_problem(facts, "" if work is not None else problem or facts.detail)
        self._show_work(work)
        is_here = facts.here > 0 and not facts.is_shipped
        able = {
            "choose": facts.state == "ready" and not is_chosen,
            "pull": facts.can_pull,
            "verify": facts.state not in ("not pulled",),
            "export": facts.state == "ready",
            "remove": is_here,
        }
        for name in _ACTS:
            self.buttons[name].setEnabled(able[name] and work is None)
        self.buttons["pull"].setText(
            self.tr("Resume") if facts.can_pull and facts.here else self.tr("Pull")
        )
        self.buttons["folder"].setEnabled(facts.here > 0)
        main = "pull" if facts.can_pull else "choose"
        for name in ("pull", "choose"):
            _role(self.buttons[name], "primary" if name == main else "")

    def why_not(self, name: str) -> str:
        """Why something cannot be done with the bundle that is shown; empty if it can.

        Args:
            name: of what :attr:`asked` says.
        """
        if self._facts is None:
            return self.tr("choose a bundle first")
        if self.buttons[name].isEnabled():
            return ""
        if self.buttons["cancel"].isVisibleTo(self):
            return self.tr("something is being done for it already")
        if name == "remove" and self._facts.is_shipped:
            return self.tr("it ships with the program")
        return self.tr("it is {state}").format(state=self._facts.state_words)

    def _show_problem(self, facts: BundleFacts, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        _role(self._problem, "warning" if problem == facts.detail != "" else "bad")
        self.buttons["by hand"].setVisible(facts.state != "ready" and not facts.is_shipped)

    def _show_work(self, work: BundleWork | None) -> None:
        self._work_words.setText("" if work is None else work.words)
        self._bar.setVisible(work is not None)
        self._bar.setValue(0 if work is None else round(1000 * work.fraction))
        self.buttons["cancel"].setVisible(work is not None)
        self.buttons["cancel"].setEnabled(work is not None and not work.is_cancelled)

    def _ask(self, name: str) -> None:
        if name == "folder" and self._facts is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._facts.dir)))
        else:
            self.asked.emit(name)


def _label(role: str = "") -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label


def _role(widget: QWidget, role: str) -> None:
    """Give a widget one of the style sheet's roles; Qt reads it again only when told to."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
