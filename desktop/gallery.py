"""Every page by itself, with fakes: ``python -m desktop.gallery PAGE``.

Nobody needs a model, a library or a sound device to work on a page. ``--theme dark`` and the
variable ``QT_SCALE_FACTOR`` show it as others see it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from math import cos, sin
from pathlib import Path
from typing import Any, cast

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop.commands import Commands
from desktop.faults import Fault, WayOut
from desktop.pages.first import FirstPage
from desktop.pages.make.blend.path import path_of
from desktop.parts import (
    BATCH_PAGE,
    BLEND_PANEL,
    BROWSE_PAGE,
    DAW_PAGE,
    EVALUATION_PAGE,
    MAKE_PAGE,
    MODELS_PAGE,
    STAGE,
    TAKES_PAGE,
    Services,
    fake_services,
)
from desktop.services.fakes.bridge import bridge_with_clients
from desktop.services.interfaces import PresetQuery
from desktop.tasks import Tasks
from desktop.theme.style_sheet import GRID
from desktop.theme.theme import THEME_CHOICES, Theme
from desktop.widgets.closing_dialog import ClosingDialog
from desktop.widgets.command_palette import CommandPalette, KeySheet
from desktop.widgets.error_line import DetailsDialog, ErrorLine
from desktop.widgets.status_line import StatusLine

Builder = Callable[[Services, Tasks], QWidget]

_FAULT = Fault(
    "the sound device “Scarlett 2i2” is gone; plug it in again, or choose another",
    "Timbre Bridge 0.1.0\nPython 3.11, Qt 6.8\n\nPlaybackUnavailable: no such device",
    WayOut("Choose another", lambda: None),
)


def _browse(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = BROWSE_PAGE.make(services.presets, tasks, None)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _make(services: Services, tasks: Tasks, tab: str = "recording") -> QWidget:
    page: Any = MAKE_PAGE.make(services.presets, services.making, services.audio, tasks)
    page.resize(120 * GRID, 75 * GRID)
    if tab == "recording":
        page.recording.open(Path("my cello.flac"))
    elif tab == "words":
        page.show_tab(page.words)
        page.words.field.setText("warm dark bell")
    return cast(QWidget, page)


def _map(services: Services, tasks: Tasks) -> QWidget:
    """The browse page, its map shown."""
    page: QWidget = BROWSE_PAGE.make(services.presets, tasks, None)
    page.resize(140 * GRID, 75 * GRID)
    page.views.show_view("map")  # type: ignore[attr-defined]
    return page


def _takes(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = TAKES_PAGE.make(
        services.jobs, tasks, services.bridge, services.audio, services.checks
    )
    page.resize(140 * GRID, 75 * GRID)
    return page


def _daws(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = DAW_PAGE.make(bridge_with_clients(), services.daws, services.jobs, tasks)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _batch(services: Services, tasks: Tasks) -> QWidget:
    """A batch in which something of everything happens."""
    from desktop.pages.batch.plan import BatchPlan
    from desktop.services.fakes.jobs import FakeJobs, fake_clip

    jobs = FakeJobs()
    jobs.receive(fake_clip("riff, bar 17"))
    (clip,), presets = jobs.clips(), jobs.presets("")
    page = BATCH_PAGE.make(jobs, services.audio, tasks, 0.4)
    plan = BatchPlan((clip,), tuple(presets))
    page.add(plan, jobs.submit(clip.id, [preset.id for preset in presets]))
    jobs.finish(1, Path("riff-warm-drawbars.wav"))
    jobs.render_fraction(2, 0.42, 8.0)
    jobs.fail(3, "the recording “cello.flac” is gone from the library")
    page.resize(140 * GRID, 75 * GRID)
    shown: QWidget = page
    return shown


def _empty_batch(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = BATCH_PAGE.make(services.jobs, services.audio, tasks)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _models(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = MODELS_PAGE.make(services.models, tasks)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _evaluation(services: Services, tasks: Tasks) -> QWidget:
    page: QWidget = EVALUATION_PAGE.make(services.evaluations, tasks)
    page.resize(140 * GRID, 75 * GRID)
    return page


def _batch_sheet(services: Services, tasks: Tasks) -> QWidget:
    from desktop.pages.batch.pace import RenderPace
    from desktop.pages.batch.plan import BatchPlan
    from desktop.pages.batch.sheet import BatchSheet
    from desktop.services.fakes.jobs import FakeJobs, fake_clip

    jobs = FakeJobs()
    jobs.known_limits = ("2 notes are above C8 and sound as C8", "bends over 12 semitones are cut")
    for name in ("riff, bar 17", "chorale"):
        jobs.receive(fake_clip(name))
    plan = BatchPlan(tuple(jobs.clips()), tuple(jobs.presets("")))
    return BatchSheet(plan, jobs, RenderPace(0.4), tasks)


def _stage(services: Services, tasks: Tasks) -> QWidget:
    stage: QWidget = STAGE.make(services.auditions, services.audio, tasks, services.live)
    stage.resize(140 * GRID, 22 * GRID)
    return stage


def _blend(services: Services, tasks: Tasks) -> QWidget:
    """Five presets, of which four are on the pad, and a path."""
    panel = BLEND_PANEL.make(services.presets, services.live, tasks)
    for preset in services.presets.page(PresetQuery(), 0, 5).presets:
        panel.model.add(preset.id, preset.name)
    turns = [(n / 40, 0.5 + 0.3 * cos(n / 6), 0.5 + 0.3 * sin(n / 6)) for n in range(40)]
    panel.model.set_path(path_of(turns))
    panel.model.move((0.35, 0.3))
    shown: QWidget = panel
    shown.resize(120 * GRID, 75 * GRID)
    return shown


def _first(services: Services, tasks: Tasks) -> QWidget:
    page = FirstPage(services.presets, services.daws, tasks)
    page.resize(120 * GRID, 75 * GRID)
    return page


def _lines(services: Services, tasks: Tasks) -> QWidget:
    """The lines at the bottom, saying something."""
    both = QWidget()
    column = QVBoxLayout(both)
    errors, status = ErrorLine(), StatusLine()
    column.addStretch(1)
    column.addWidget(errors)
    column.addWidget(status)
    errors.say(_FAULT)
    errors.say(Fault("the disk is full; free some space. Nothing was changed"))
    status.say("stage", "rendering 42 %, 8 s left")
    status.set_aside("embedded")
    both.resize(100 * GRID, 16 * GRID)
    return both


def _commands() -> Commands:
    commands = Commands()
    commands.add("one", "Find a command", lambda: None, keys="Ctrl+K")
    commands.add("two", "Show all keys", lambda: None, keys=("?", "F1"))
    commands.add("three", "Rename preset", lambda: None, keys="F2", section="Browse")
    commands.add(
        "four",
        "Delete presets",
        lambda: None,
        keys="Del",
        section="Browse",
        why_not=lambda: "select one first",
    )
    return commands


def _blind(view: str) -> Builder:
    """A blind test, at one of its views."""

    def build(services: Services, tasks: Tasks) -> QWidget:
        from desktop.listening.dialog import BlindDialog
        from desktop.services.fakes.blind import made_up_sounds

        assert services.votes is not None
        names = ("Warm Drawbars", "Small Bell")
        dialog = BlindDialog(
            names,
            lambda _control: made_up_sounds(names),
            services.audio,
            services.votes,
            tasks,
            seed=1,
        )
        if view != "setup":
            dialog.begin_with(made_up_sounds(names), "abx" if view == "abx" else "preference", 10)
        for _ in range(9 if view == "results" else 0):
            dialog.trial_view.voted.emit("b")
        if view == "results":
            dialog.trial_view.end_wanted.emit()
        return dialog

    return build


def _votes(services: Services, tasks: Tasks) -> QWidget:
    from desktop.listening.votes_dialog import VotesDialog

    assert services.votes is not None
    return VotesDialog(services.votes, tasks)


def _compare(services: Services, tasks: Tasks) -> QWidget:
    from desktop.pages.browse.compare.dialog import ComparePresetsDialog

    query = PresetQuery(order="newest")
    known = services.presets.page(query, 0, 60).presets
    changed = next(preset for preset in known if preset.version > 1 and preset.kind == "text")
    older, newer = services.presets.versions(changed.id)[-2:]
    return ComparePresetsDialog((older, newer), services.presets, tasks)


PAGES: Mapping[str, Builder] = {
    "browse": _browse,
    "make": lambda services, tasks: _make(services, tasks, "nothing"),
    "make-recording": _make,
    "make-words": lambda services, tasks: _make(services, tasks, "words"),
    "map": _map,
    "takes": _takes,
    "daws": _daws,
    "models": _models,
    "evaluation": _evaluation,
    "stage": _stage,
    "first": _first,
    "blend": _blend,
    "lines": _lines,
    "palette": lambda services, tasks: CommandPalette(_commands()),
    "keys": lambda services, tasks: KeySheet(_commands()),
    "batch": _batch,
    "batch-empty": _empty_batch,
    "batch-sheet": _batch_sheet,
    "blind": _blind("setup"),
    "blind-trial": _blind("trial"),
    "blind-abx": _blind("abx"),
    "blind-results": _blind("results"),
    "votes": _votes,
    "compare": _compare,
    "closing": lambda services, tasks: ClosingDialog(2, lambda: 2, "importing 12 of 40 presets"),
    "details": lambda services, tasks: DetailsDialog(_FAULT),
}
"""By the name on the command line. The whole window is :mod:`desktop.screenshots`'s matter."""


def pages() -> list[str]:
    """Names of those that can be shown."""
    return list(PAGES)


def main() -> None:
    """Show one page until it is closed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", choices=pages())
    parser.add_argument("--theme", choices=THEME_CHOICES, default="system")
    arguments = parser.parse_args()
    application = QApplication([])
    owner = QObject()
    tasks, theme = Tasks(owner), Theme(application, owner)
    theme.choose(arguments.theme)
    services = fake_services()
    page = PAGES[arguments.page](services, tasks)
    page.show()
    application.exec()
    tasks.close()
    services.close()


if __name__ == "__main__":
    main()
