"""Changes to presets that can be undone: one stack for all of them.

A change is made first and comes onto the stack once it was; undoing and redoing go the same
way, through the library's lane, so that they happen in the order they were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QUndoStack

from core.errors import TimbreError
from core.library.presets import Preset
from desktop.faults import words_of
from desktop.pages.browse.edit_steps import (
    EditCommand,
    EditOutcome,
    EditStep,
    EditWork,
    change_each,
)
from desktop.pages.browse.model import SelectedPresets
from desktop.services.interfaces import PresetService
from desktop.tasks import Lane, TaskControl, Tasks


class PresetEdits(QObject):
    """See the module's first lines.

    Attributes:
        stack: of what was done.
        done: an :class:`EditOutcome`, of a change, an undo or a redo.
        added: the id of a preset that was made, to be heard.
        measures_changed: the id of a preset whose place between adjectives was changed.
        failed: what could not be done and why, in words.
    """

    done = pyqtSignal(object)
    added = pyqtSignal(str)
    measures_changed = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, presets: PresetService, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Nobody's child: one that goes with its parent tells it while that is half gone.
        self.stack = QUndoStack()
        self._presets, self._tasks = presets, tasks

    def rename(self, preset: Preset, name: str) -> None:
        """Give a preset another name.

        Args:
            preset: as it is.
            name: as it was typed.
        """
        self._set(
            self.tr("Rename"),
            lambda: [preset],
            lambda one: self._presets.edit(one.id, name=name),
            lambda one: self._presets.edit(one.id, name=one.name),
            self.tr("renamed"),
        )

    def rate(self, chosen: SelectedPresets, rating: int) -> None:
        """Rate presets.

        Args:
            chosen: which.
            rating: 0–5.
        """
        self._set(
            self.tr("Rate"),
            chosen,
            lambda one: self._presets.edit(one.id, rating=rating),
            lambda one: self._presets.edit(one.id, rating=one.rating),
            self.tr("rated"),
        )

    def set_favourite(self, chosen: SelectedPresets, favourite: bool) -> None:
        """Mark presets as favourites, or no longer.

        Args:
            chosen: which.
            favourite: or not.
        """
        self._set(
            self.tr("Favourite"),
            chosen,
            lambda one: self._presets.edit(one.id, favourite=favourite),
            lambda one: self._presets.edit(one.id, favourite=one.favourite),
            self.tr("now a favourite") if favourite else self.tr("no longer a favourite"),
        )

    def tag(self, chosen: SelectedPresets, add: Sequence[str], remove: Sequence[str]) -> None:
        """Give presets tags and take others from them.

        Args:
            chosen: which.
            add: tags that all of them get.
            remove: tags that none of them keeps.
        """

        def tags_of(preset: Preset) -> list[str]:
            return [tag for tag in preset.tags if tag not in remove] + list(add)

        self._set(
            self.tr("Tag"),
            chosen,
            lambda one: self._presets.edit(one.id, tags=tags_of(one)),
            lambda one: self._presets.edit(one.id, tags=one.tags),
            self.tr("tagged"),
        )

    def restore_version(self, preset: Preset, number: int) -> None:
        """Make an earlier version of a preset its newest.

        Args:
            preset: as it is.
            number: of the version.
        """
        self._set(
            self.tr("Restore version {}").format(number),
            lambda: [preset],
            lambda one: self._presets.restore_version(one.id, number),
            lambda one: self._presets.restore_version(one.id, one.version),
            self.tr("as it was at version {}").format(number),
        )

    def duplicate(self, chosen: SelectedPresets) -> None:
        """Copy presets, each under a name that is free."""

        def work() -> EditStep:
            copies = change_each(
                chosen(), lambda one: self._presets.duplicate(one.id), self._remove_now
            )
            words = self._words(copies, self.tr("copied"))
            undo, redo = self._taking_back(copies, words)
            return EditStep(EditOutcome(tuple(copies), True, words), undo, redo)

        self._do(self.tr("Duplicate"), work)

    def remove(self, chosen: SelectedPresets) -> None:
        """Delete presets; undoing brings each back as it was."""

        def work() -> EditStep:
            removed = chosen()
            back: list[Callable[[], Preset]] = []

            def redo() -> EditOutcome:
                back[:] = change_each(
                    removed,
                    lambda one: self._presets.remove(one.id),
                    lambda _one, put_back: put_back(),
                )
                return EditOutcome((), True, self._words(removed, self.tr("deleted")))

            def undo() -> EditOutcome:
                again = tuple(put_back() for put_back in reversed(back))
                return EditOutcome(again, True, self._words(again, self.tr("back again")))

            return EditStep(redo(), undo, redo)

        self._do(self.tr("Delete"), work)

    def edit_measures(
        self, preset: Preset, after: Mapping[str, float | None], before: Mapping[str, float | None]
    ) -> None:
        """Give a preset places between adjectives.

        Args:
            preset: which.
            after: the places by their pairs' names; None is as measured.
            before: what they were.
        """

        def put(places: Mapping[str, float | None], one: Preset) -> Preset:
            for name, place in places.items():
                self._presets.edit_measure(one.id, name, place)
            self.measures_changed.emit(one.id)
            return one

        words = self.tr("sounds as you say")
        if all(place is None for place in after.values()):
            words = self.tr("sounds as measured")
        self._set(
            self.tr("Sound"), lambda: [preset], partial(put, after), partial(put, before), words
        )

    def add(
        self,
        text: str,
        make: Callable[[TaskControl], Preset],
        staged: Callable[[str], object],
    ) -> None:
        """Add a preset; undoing removes it.

        Args:
            text: the change's name.
            make: adds it; slow.
            staged: told what is being done.
        """

        def work(control: TaskControl) -> EditStep:
            made = make(control)
            undo, redo = self._taking_back([made], self._words([made], self.tr("back again")))
            words = self._words([made], self.tr("added"))
            return EditStep(EditOutcome((made,), True, words), undo, redo)

        def then(step: EditStep) -> None:
            self._made(text, step)
            self.added.emit(step.outcome.presets[0].id)

        self._tasks.run(
            work, then=then, failed=self.tell, lane=Lane.FILES, owner=self, staged=staged
        )

    def take_in(self, added: Sequence[Preset]) -> None:
        """Let one undo remove what files became, however many they were.

        Args:
            added: presets that are there already, each after those that it is made of.
        """
        if not added:
            return
        words = self._words(added, self.tr("imported"))
        undo, redo = self._taking_back(added, words)
        text = self.tr("Import") if len(added) == 1 else self.tr("Import of {}").format(len(added))
        step = EditStep(EditOutcome(tuple(added), True, words), undo, redo)
        self.stack.push(EditCommand(text, step, self._again))

    def _taking_back(self, made: Sequence[Preset], words: str) -> tuple[EditWork, EditWork]:
        """How presets that were made are removed again, and how they come back.

        Args:
            made: each after those that it is made of.
            words: what is said when they are back.
        """
        back: list[Callable[[], Preset]] = []

        def undo() -> EditOutcome:
            back[:] = change_each(
                list(reversed(made)),
                lambda one: self._presets.remove(one.id),
                lambda _one, put_back: put_back(),
            )
            return EditOutcome((), True, self._words(made, self.tr("removed again")))

        def redo() -> EditOutcome:
            again = tuple(put_back() for put_back in reversed(back))
            return EditOutcome(again, True, words)

        return undo, redo

    def _set(
        self,
        text: str,
        chosen: SelectedPresets,
        change: Callable[[Preset], Preset],
        revert: Callable[[Preset], Preset],
        words: str,
    ) -> None:
        """Change presets one by one.

        Args:
            text: the change's name.
            chosen: which.
            change: one of them, as it was before.
            revert: the same, back.
            words: what was done.
        """

        def work() -> EditStep:
            before = chosen()

            def redo() -> EditOutcome:
                after = change_each(before, change, lambda one, _after: revert(one))
                return EditOutcome(tuple(after), False, self._words(after, words))

            def undo() -> EditOutcome:
                after = tuple(revert(one) for one in before)
                return EditOutcome(after, False, self._words(after, self.tr("as before")))

            return EditStep(redo(), undo, redo)

        self._do(text, work)

    def _do(self, text: str, work: Callable[[], EditStep]) -> None:
        self._tasks.run(
            lambda _control: work(), then=partial(self._made, text), failed=self.tell, owner=self
        )

    def _made(self, text: str, step: EditStep) -> None:
        self.stack.push(EditCommand(text, step, self._again))
        self.done.emit(step.outcome)

    def _again(self, work: EditWork) -> None:
        self._tasks.run(lambda _control: work(), then=self.done.emit, failed=self.tell, owner=self)

    def tell(self, error: Exception) -> None:
        """Say why something could not be done."""
        if isinstance(error, TimbreError):
            self.failed.emit(words_of(error))
        else:
            self._tasks.failed.emit(error)

    def _remove_now(self, _original: Preset, copy: Preset) -> None:
        self._presets.remove(copy.id)

    def _words(self, presets: Sequence[Preset], what: str) -> str:
        if len(presets) == 1:
            return f"{presets[0].name}: {what}"
        return self.tr("{} presets: {}").format(f"{len(presets):,}", what)
