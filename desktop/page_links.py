"""Every page with what it is given and where its signals go: the window's pages are wired here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from core.library.presets import Preset, PresetMorph
from core.paths import batches_path
from desktop.faults import Fault, as_fault, fault_of
from desktop.pages.naming import with_free_name
from desktop.parts import (
    BATCH_COMMANDS,
    BATCH_PAGE,
    BLEND_PANEL,
    BLIND_TESTS,
    BROWSE_PAGE,
    DAW_PAGE,
    EVALUATION_PAGE,
    FIRST_PAGE,
    MAKE_PAGE,
    MODELS_PAGE,
    TAKES_PAGE,
    Services,
)
from desktop.preset_steps import PresetSteps
from desktop.services.interfaces import PresetQuery
from desktop.services.jobs_interface import PresetChoice
from desktop.settings import SettingsFile
from desktop.stage_link import StageLink
from desktop.tasks import Lane, TaskControl, Tasks
from desktop.window import MainWindow


class PageLinks(QObject):
    """Makes the pages and puts them into the window.

    Args:
        window: where they go.
        services: what they are given.
        tasks: the one door.
        stage: hears what they want heard.
        settings: choices that pages change.

    Attributes:
        settings_changed: they are to be written.
        browse, takes, batch, make: pages.
    """

    settings_changed = pyqtSignal()

    def __init__(
        self,
        window: MainWindow,
        services: Services,
        tasks: Tasks,
        stage: StageLink,
        settings: SettingsFile,
    ) -> None:
        super().__init__(window)
        self._window, self._services, self._tasks = window, services, tasks
        self._stage, self._settings = stage, settings
        self.browse: Any = None
        self.takes: Any = None
        self.batch: Any = None
        self.make: Any = None
        self._add_browse_page()
        self._add_make_page()
        self._add_blend_panel()
        self._add_takes_page()
        self._add_batch_page()
        self._add_daw_page()
        self._add_models_page()
        self._add_evaluation_page()
        self._add_blind_tests()
        self._add_first_page()
        self._add_preset_steps()

    def _add_browse_page(self) -> None:
        window, services = self._window, self._services
        page = BROWSE_PAGE.make(services.presets, self._tasks, window.commands)
        page.current_changed.connect(self._stage.choose)
        page.play_wanted.connect(self._stage.play)
        page.timbre_wanted.connect(self._stage.hear_timbre)
        page.render_wanted.connect(self._render)
        self._tell_of("browse", page)
        window.add_page("browse", window.tr("Browse"), "browse", page)
        self.browse = page

    def _add_preset_steps(self) -> None:
        window = self._window
        steps = PresetSteps(self._services.presets, self._tasks, window)
        self.browse.current_changed.connect(steps.set_current)
        self.browse.play_wanted.connect(steps.set_current)
        steps.heard.connect(self._stage.hear)
        steps.status.connect(lambda words: window.say("steps", words))
        steps.failed.connect(lambda error: window.say_fault(fault_of(error)))
        steps.offer(window.commands)

    def _add_takes_page(self) -> None:
        window, services = self._window, self._services
        page = TAKES_PAGE.make(
            services.jobs, self._tasks, services.bridge, services.audio, services.checks
        )
        page.clip_changed.connect(self._stage.use_clip)
        self._stage.clip_opened.connect(lambda file: page.open_files([file]))
        self._tell_of("takes", page)
        window.add_page("takes", window.tr("Takes"), "takes", page)
        window.count_as_under_way(lambda: services.jobs.under_way)
        self._add_takes_commands(page)
        self.takes = page

    def _add_first_page(self) -> None:
        window, services = self._window, self._services
        page = FIRST_PAGE.make(services.presets, services.daws, self._tasks)
        page.made.connect(self._made)
        self._tell_of("first", page)
        page.left.connect(self._leave_first_page)
        window.add_page("first", "", "", page)
        window.commands.add(
            "page.first",
            window.tr("Make a sound from words or a recording"),
            self._show_where_to_make,
            keys="Ctrl+N",
        )

    def _tell_of(self, name: str, page: Any) -> None:
        """Let the window say what a page says."""
        window = self._window
        page.status.connect(lambda words: window.say(name, words))
        page.failed.connect(lambda said: window.say_fault(as_fault(said)))

    def _add_blend_panel(self) -> None:
        window, services, stage = self._window, self._services, self._stage
        panel = BLEND_PANEL.make(services.presets, services.live, self._tasks)
        self.make.add_tab(window.tr("Blend"), panel)
        panel.made.connect(self._made)
        self._tell_of("blend", panel)
        panel.hearing_ended.connect(stage.give_back_stream)
        panel.morph_wanted.connect(self._make_morph)
        panel.offer(window.commands)

        def show() -> None:
            panel.set_device(services.audio.device)
            window.show_page("make")
            self.make.show_tab(panel)

        def add(preset_ids: list[str]) -> None:
            show()
            panel.add_presets(preset_ids)

        def edit(preset_id: str) -> None:
            show()
            panel.set_blend(preset_id)

        self.browse.blend_wanted.connect(add)
        self.browse.edit_blend_wanted.connect(edit)
        window.commands.add("blend.show", window.tr("Blend presets"), show, section="Blend")

    def _make_morph(self, path: list[tuple[float, list[tuple[str, float]]]]) -> None:
        """Keep a path over the pad as a preset that moves, and hear it with the clip."""
        presets = self._services.presets

        def keep(control: TaskControl) -> Preset:
            ends = [max(parts, key=lambda part: part[1])[0] for _, parts in (path[0], path[-1])]
            names = [presets.details(preset_id).preset.name for preset_id in ends]
            morph = PresetMorph([(at, dict(parts)) for at, parts in path])
            wanted = " to ".join(dict.fromkeys(names)) + ", moving"
            return with_free_name(wanted, lambda name: presets.add(name, morph, control))

        window = self._window

        def kept(preset: Preset) -> None:
            window.say("blend", window.tr("“{}” is kept among your presets").format(preset.name))
            self._made(preset.id, preset.name)

        def failed(error: Exception) -> None:
            window.say("blend", "")
            window.say_fault(fault_of(error))

        window.say("blend", window.tr("making the moving timbre…"))
        self._tasks.run(keep, kept, failed=failed, lane=Lane.FILES, owner=self)

    def _add_daw_page(self) -> None:
        window, services = self._window, self._services
        page = DAW_PAGE.make(services.bridge, services.daws, services.jobs, self._tasks)
        page.failed.connect(window.say_fault)
        window.add_page("daws", window.tr("DAW"), "daws", page)
        add, tr = window.commands.add, window.tr
        add("daws.bridge", tr("Bridge on or off"), page.toggle_bridge, section="DAW")
        add("daws.trip", tr("Test the trip from a DAW and back"), page.trip.toggle, section="DAW")
        add("daws.copy", tr("Copy the bridge's log"), page.log.copy, section="DAW")

    def _add_models_page(self) -> None:
        window, models = self._window, self._services.models
        if models is None:
            return
        page = MODELS_PAGE.make(models, self._tasks)
        self._tell_of("models", page)
        page.model_chosen.connect(lambda model: self._keep_choice(render_model=model))
        page.device_chosen.connect(lambda device: self._keep_choice(render_device=device))
        window.add_page("models", window.tr("Models"), "models", page)
        page.add_commands(window.commands)

    def _add_evaluation_page(self) -> None:
        window, evaluations = self._window, self._services.evaluations
        if evaluations is None:
            return
        page = EVALUATION_PAGE.make(evaluations, self._tasks)
        self._tell_of("evaluation", page)
        window.add_page("evaluation", window.tr("Evaluate"), "evaluation", page)
        window.count_as_under_way(lambda: evaluations.under_way)
        page.add_commands(window.commands)

    def _keep_choice(self, **choice: str) -> None:
        self._settings.change(**choice)
        self.settings_changed.emit()

    def _add_batch_page(self) -> None:
        window, services = self._window, self._services
        pace = self._settings.values.render_pace
        page = BATCH_PAGE.make(services.jobs, services.audio, self._tasks, pace, batches_path())
        page.begun.connect(lambda _title: window.show_page("batch"))
        self._tell_of("batch", page)
        window.add_page("batch", window.tr("Batch"), "batch", page)
        self.takes.batch_wanted.connect(page.plan)
        BATCH_COMMANDS.make(page, window.commands)
        self.batch = page

    def _add_blind_tests(self) -> None:
        window, services, stage = self._window, self._services, self._stage
        if services.votes is None:
            return
        tests = BLIND_TESTS.make(
            services.votes,
            services.audio,
            services.auditions,
            services.presets,
            self._tasks,
            window,
        )
        tests.failed.connect(lambda words: window.say_fault(Fault(words)))
        self.takes.blind_wanted.connect(tests.compare_files)
        self.browse.blind_wanted.connect(lambda ids: tests.compare_presets(ids, stage.clip))
        title = window.tr("Show the votes of blind tests")
        window.commands.add("blind.votes", title, tests.show_votes)

    def _add_make_page(self) -> None:
        window, services = self._window, self._services
        page = MAKE_PAGE.make(
            services.presets, services.making, services.audio, self._tasks, window.commands
        )
        page.made.connect(self._made)
        page.hear_wanted.connect(self._stage.hear_timbre)
        page.play_wanted.connect(self._stage.play)
        page.taken.connect(self._show_preset)
        self._tell_of("make", page)
        window.add_page("make", window.tr("Make"), "make", page)
        self.make = page

    def _show_where_to_make(self) -> None:
        """The first page until something came of it; then the one with all ways."""
        self._window.show_page("make" if self._settings.values.first_page_done else "first")

    def _show_preset(self, preset_id: str, name: str) -> None:
        """Show a preset among the others, where it can be marked, changed and rendered."""
        self.browse.set_query(PresetQuery(text=name))
        self._window.show_page("browse")
        self._stage.choose(preset_id)

    def _add_takes_commands(self, takes: Any) -> None:
        tr, panel = self._window.tr, takes.listening.panel
        self._window.commands.add(
            "takes.open",
            tr("Open MIDI files as clips"),
            takes.clip_panel.open_button.click,
            keys="Ctrl+Shift+O",
            section=tr("Takes"),
        )
        for name, words, run in (
            ("check", tr("Check the notes of the selected take"), takes.listening.check),
            ("best", tr("Sort takes, the best first"), takes.table.sort_best_first),
            ("loudness", tr("Play takes equally loud, or as they are"), panel.match_button.toggle),
        ):
            self._window.commands.add(f"takes.{name}", words, run, section=tr("Takes"))

    def _render(self, preset_ids: Sequence[str]) -> None:
        """Render the chosen clip in presets that were looked at; of several, after asking."""
        clip = self.takes.current_clip
        if clip is not None and len(preset_ids) > 1:
            self.batch.plan([clip], [PresetChoice(each, "") for each in preset_ids])
            return
        self._window.show_page("takes")
        self.takes.render_presets(preset_ids)

    def _made(self, preset_id: str, name: str) -> None:
        self._first_page_done()
        self.browse.refresh()
        self._stage.hear(preset_id, name)

    def _leave_first_page(self) -> None:
        self._first_page_done()
        self._window.show_page("browse")

    def _first_page_done(self) -> None:
        if not self._settings.values.first_page_done:
            self._settings.change(first_page_done=True)
            self.settings_changed.emit()
