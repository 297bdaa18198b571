"""The REAPER action from key press to undo step, with our spool on the other side."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.server.spool import Spool
from core.files import replacing
from core.provenance import read_provenance
from tests.bridge.daws.reaper import SCRIPTS, SHARED, Reaper, lua
from tests.bridge.processes import ServeProcess
from tests.bridge.servers import service
from tests.helpers.readme import install
from tests.helpers.waiting import wait_until

NOTES = [(60, 100, 0, 480), (64, 90, 480, 960), (67, 80, 960, 1920)]
Serve = Callable[[], contextlib.AbstractContextManager[Any]]


@pytest.fixture
def resource(tmp_path: Path) -> Path:
    folder = tmp_path / "Zoë’s Música ♪"
    folder.mkdir()
    return folder


@pytest.fixture
def spool(resource: Path) -> Path:
    return resource / "TimbreBridge"


@pytest.fixture
def serve(tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Run a spool with a worker that has no models (see tests.helpers.fake_worker)."""
    monkeypatch.setenv("FAKE_WORKER_LOG", str(tmp_path / "rendered.txt"))

    @contextlib.contextmanager
    def run() -> Iterator[None]:
        with service(tmp_path) as answering, Spool(answering, spool):
            yield

    return run


@pytest.fixture
def release(tmp_path: Path) -> Callable[[], None]:
    """Let the worker go on with clips that are named ``held …``."""
    return (tmp_path / "release").touch


@pytest.fixture
def reaper(resource: Path) -> Iterator[Reaper]:
    with Reaper("lua5.4", resource) as started:
        started.do("S.add_track('Drums'); S.add_track('Keys'); S.add_track('Bass')")
        yield started


def names(reaper: Reaper) -> list[str]:
    return [track["name"] for track in reaper.tracks]


def left_in(spool: Path) -> list[str]:
    return sorted(str(path.relative_to(spool)) for path in spool.rglob("*") if path.is_file())


def results(spool: Path) -> str:
    """All results that are there."""
    return "".join(path.read_text() for path in (spool / "results").glob("*.json"))


@pytest.mark.timeout(600)
def test_the_whole_trip_with_a_real_server(tmp_path: Path, resource: Path, spool: Path) -> None:
    with ServeProcess(tmp_path / "home", "tiny", "--spool", str(spool)):
        for interpreter in ("lua5.3", "lua5.4"):
            with Reaper(interpreter, resource) as reaper:
                reaper.do("S.project.tempo = {{time=0,bpm=120},{time=13,bpm=90}}")
                reaper.do("S.add_track('Drums'); S.add_track('Keys'); S.add_track('Bass')")
                reaper.add_midi(NOTES, track=2, position=12.5, length=2.0, P_NAME="Hook λ")
                reaper.do("S.picks = {'Warm Drawbars'}")
                reaper.start()
                reaper.until_end()
                assert (reaper.boxes, reaper.console) == ([], "")
                assert names(reaper) == ["Drums", "Keys", "Keys – Warm Drawbars", "Bass"]
                (item,) = reaper.tracks[2]["items"]
                assert (item["position"], item["name"]) == (12.5, "Hook λ – Warm Drawbars")
                with wave.open(item["path"]) as sound:
                    seconds = sound.getnframes() / sound.getframerate()
                assert item["length"] == pytest.approx(seconds, abs=1e-3)
                told = read_provenance(item["path"])
                assert (told.clip.name, told.clip.length_s) == ("Hook λ", 2.0)
                # An eighth and an eighth at 120, then half a quarter at 120 and half at 90.
                starts = [note.start_s for note in told.clip.notes]
                assert starts == pytest.approx([0.0, 0.25, 0.5], abs=1e-6)
                assert told.clip.notes[2].duration_s == pytest.approx(2 / 3, abs=1e-6)
                assert left_in(spool) == []
                reaper.do("S.undo_last()")
                assert names(reaper) == ["Drums", "Keys", "Bass"]
                assert reaper.do("return #S.undo") == 0


def test_what_the_readmes_command_installs_renders(
    reaper: Reaper, serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "home" / ".config" / "REAPER").mkdir(parents=True)
    install(SCRIPTS / "README.md", tmp_path / "home")
    installed = tmp_path / "home" / ".config" / "REAPER" / "Scripts" / "Timbre"
    reaper.add_midi(NOTES, track=2, P_NAME="a")
    reaper.do("S.ext['timbre_bridge/preset'] = 'Warm bass'")
    with serve():
        reaper.start(installed / "timbre_bridge_again.lua")
        reaper.until_end()
    assert names(reaper) == ["Drums", "Keys", "Keys – Warm bass", "Bass"]


def test_several_items_are_one_undo_step_with_a_track_for_each_of_theirs(
    reaper: Reaper, serve: Serve
) -> None:
    reaper.add_midi(NOTES, track=1, position=1.0, P_NAME="a")
    reaper.add_midi(NOTES, track=3, position=2.0, P_NAME="b")
    reaper.add_midi(NOTES, track=3, position=7.0, P_NAME="c")
    reaper.do("S.project.tracks[3].I_FOLDERDEPTH = -1; S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until_end()
    tracks = [(t["name"], t["depth"], [i["position"] for i in t["items"]]) for t in reaper.tracks]
    assert tracks == [
        ("Drums", 0, [1.0]),
        ("Drums – Warm bass", 0, [1.0]),
        ("Keys", 0, []),
        ("Bass", 0, [2.0, 7.0]),
        ("Bass – Warm bass", -1, [2.0, 7.0]),  # still inside the folder
    ]
    assert [step["name"] for step in reaper.do("return {{name=S.undo[1].name}}")] == [
        "Timbre: render 3 item(s)"
    ]


def test_progress_is_shown_and_reaper_never_waits(
    reaper: Reaper, serve: Serve, release: Callable[[], None]
) -> None:
    reaper.add_midi(NOTES, track=2, P_NAME="held riff")
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until(lambda: "rendering" in reaper.drawn)
        assert "Warm bass: 0 of 1 item(s) done" in reaper.drawn
        for _ in range(5):  # its timer goes on, though the render does not
            reaper.tick()
            assert reaper.is_running
        release()
        reaper.until_end()
    assert names(reaper)[2] == "Keys – Warm bass"
    assert reaper.do("return S.windows") == 0


def test_a_remark_on_a_clip_is_in_the_console_once(reaper: Reaper, serve: Serve) -> None:
    for name in ("high riff", "slow riff"):
        reaper.add_midi(NOTES, track=2, P_NAME=name)
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until_end()
    assert reaper.console == "Timbre Bridge: high riff: a note is too high\n"
    assert len(reaper.tracks) == 4


def test_a_remark_that_comes_as_a_stage_too_is_shown_once_and_the_stage_stays(
    reaper: Reaper, spool: Path
) -> None:
    """As the bridge writes it for scripts older than this one."""
    reaper.add_midi(NOTES, track=2, P_NAME="high riff")
    reaper.do("S.ext['timbre_bridge/preset'] = 'Warm bass'")
    reaper.start(SCRIPTS / "timbre_bridge_again.lua")
    (request,) = (spool / "requests").glob("*.json")
    request.unlink()  # it was read

    def answer(stage: str, *notes: str) -> None:
        data = {"state": "running", "fraction": 0.5, "stage": stage, "notes": notes}
        with replacing(spool / "results" / request.name) as stream:
            stream.write(json.dumps(data).encode())

    answer("rendering")
    reaper.until(lambda: "rendering   (" in reaper.drawn)
    answer("note: a note is too high", "a note is too high")
    reaper.until(lambda: bool(reaper.console))
    assert "rendering   (" in reaper.drawn
    assert reaper.console == "Timbre Bridge: high riff: a note is too high\n"


def test_menus_offer_the_presets_and_remember_the_last(reaper: Reaper, serve: Serve) -> None:
    reaper.add_midi(NOTES, track=2)
    reaper.do("S.picks = {'Hollow flute', 'Hollow flute (again)'}")
    with serve():
        for _ in range(2):
            reaper.start()
            reaper.until_end()
        again = SCRIPTS / "timbre_bridge_again.lua"
        reaper.do(f"S.run({lua(str(again))})")
        reaper.is_running = True
        reaper.until_end()
        reaper.start()  # the menu is closed without a choice
        reaper.until_end()
        reaper.do("S.picks, S.typed = {'Another, by its name…'}, 'warm bass'")
        reaper.start()
        reaper.until_end()
    menus = reaper.do("return S.menus")
    assert menus[0] == ">Words|Hollow flute|<Warm bass|Another, by its name…"
    assert menus[1].startswith("Hollow flute (again)|")
    assert len(menus) == 4
    assert names(reaper)[2:-1] == ["Keys – warm bass", *["Keys – Hollow flute"] * 3]
    assert reaper.boxes == []


def test_without_a_server_it_says_how_to_start_one_and_goes_on_when_it_is_there(
    reaper: Reaper, serve: Serve, spool: Path
) -> None:
    reaper.add_midi(NOTES, track=2)
    reaper.do("S.picks = {'Warm bass'}")
    reaper.start()
    reaper.until(lambda: "does not answer" in reaper.drawn)
    assert f'timbre serve --spool "{spool}"' in reaper.console
    with serve():
        reaper.until_end()
    assert names(reaper)[2] == "Keys – Warm bass"


def test_giving_up_leaves_nothing_to_be_rendered_later(reaper: Reaper, spool: Path) -> None:
    reaper.add_midi(NOTES, track=2)
    reaper.start()
    reaper.until(lambda: "does not answer" in reaper.drawn)
    reaper.do("S.key = 27")
    reaper.until_end()
    assert left_in(spool) == []
    assert len(reaper.tracks) == 3


def test_a_server_that_stops_is_noticed_and_its_return_too(
    reaper: Reaper, serve: Serve, release: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reaper.add_midi(NOTES, track=2, P_NAME="held riff")
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until(lambda: "rendering" in reaper.drawn)
    ahead = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: ahead() + 11)  # so long nothing is heard
    reaper.tick()
    monkeypatch.setattr(time, "monotonic", lambda: ahead() + 14)
    reaper.tick()
    reaper.tick()
    assert "timbre serve does not answer" in reaper.drawn
    release()
    with serve():
        reaper.until_end()
    assert names(reaper)[2] == "Keys – Warm bass"


@pytest.mark.parametrize("how", ["esc", "script ended"])
def test_closing_the_window_or_ending_the_script_cancels(
    reaper: Reaper, serve: Serve, spool: Path, how: str
) -> None:
    for number in range(2):
        reaper.add_midi(NOTES, track=2, P_NAME=f"held riff {number}")
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until(lambda: "rendering" in reaper.drawn)
        if how == "esc":
            reaper.do("S.key = 27")
            reaper.until_end()
            assert left_in(spool) == []
        else:
            reaper.do("S.stop()")
            wait_until(lambda: '"cancelled"' in results(spool))
    assert (len(reaper.tracks), reaper.boxes) == (3, [])
    rendered = spool.parents[1] / "rendered.txt"
    assert not rendered.exists()


def test_on_windows_a_request_is_not_renamed_over_one_that_is_there(
    reaper: Reaper, serve: Serve, spool: Path
) -> None:
    reaper.do("S.rename_overwrites = false; S.ext['timbre_bridge/preset'] = 'Warm bass'")
    reaper.add_midi(NOTES, track=2, P_NAME="slow riff")
    (spool / "requests").mkdir(parents=True)
    reaper.start(SCRIPTS / "timbre_bridge_again.lua")  # its request is there, and not read
    reaper.tick()
    reaper.do("S.key = -1")
    reaper.until_end()
    assert left_in(spool) == []
    with serve():
        reaper.start(SCRIPTS / "timbre_bridge_again.lua")
        reaper.until_end()
    assert names(reaper)[2] == "Keys – Warm bass"


def test_windows_paths_are_joined_as_windows_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To Linux the paths below are file names; what counts is that nothing else is asked for."""
    scripts = "C:\\Users\\Zoë\\Scripts\\"
    for source in [*SCRIPTS.glob("*.lua"), *(SCRIPTS / "timbre").glob("*.lua")]:
        name = str(source.relative_to(SCRIPTS)).replace("/", "\\")
        shutil.copy(source, tmp_path / (scripts + name))
    for source in SHARED.glob("*.lua"):
        shutil.copy(source, tmp_path / (scripts + "timbre\\" + source.name))
    monkeypatch.chdir(tmp_path)
    with Reaper("lua5.4", "C:\\Users\\Zoë\\REAPER") as reaper:
        reaper.do("S.os = 'Win64'; S.add_track('Keys')")
        reaper.do("S.ext['timbre_bridge/preset'] = 'Warm bass'")
        reaper.add_midi(NOTES)
        reaper.start(scripts + "timbre_bridge_again.lua")
        (request,) = (path.name for path in tmp_path.glob("*.json"))
        folder = re.escape("C:\\Users\\Zoë\\REAPER\\TimbreBridge\\requests\\")
        assert re.fullmatch(folder + r"[0-9A-F-]{36}\.json", request)


def test_a_render_goes_where_its_item_is_now_in_the_project_it_came_from(
    reaper: Reaper, serve: Serve, release: Callable[[], None]
) -> None:
    for name in ("held moved", "held removed", "held stayed"):
        reaper.add_midi(NOTES, track=2, position=4.0, P_NAME=name)
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until(lambda: "rendering" in reaper.drawn)
        reaper.do("local t = S.project.tracks[2]; t.items[1].D_POSITION = 9.0; S.A = S.project")
        reaper.do("local t = S.project.tracks[2]; S.remove(t.items[2])")
        reaper.do("S.B = S.new_project(); S.project = S.B")  # another tab comes to the front
        release()
        reaper.until_end()
        assert reaper.do("return S.project == S.B")
    assert reaper.tracks == []
    reaper.do("S.project = S.A")
    assert [item["position"] for item in reaper.tracks[2]["items"]] == [9.0, 4.0, 4.0]


def test_a_closed_project_gets_a_message_with_the_path(
    reaper: Reaper, serve: Serve, release: Callable[[], None]
) -> None:
    reaper.add_midi(NOTES, track=2, P_NAME="held riff")
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until(lambda: "rendering" in reaper.drawn)
        reaper.do("S.projects = {}; S.project = S.new_project()")
        release()
        reaper.until_end()
    (box,) = reaper.boxes
    path = box.removeprefix("The project was closed; the render is at ")
    assert Path(path).is_file()


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        ("S.project.tracks[2].items = {}", "Select one or more MIDI items"),
        ("S.project.tracks[2].items[1].takes[1].notes = {}", "has no notes that sound"),
        ("S.ext['timbre_bridge/preset'] = 'None such'", "None such"),
        ("S.project.tracks[2].items[1].takes[1].P_NAME = 'bad riff'", "bad riff: no good"),
        ("S.resource = '/proc/nothing'", "cannot be written to"),
    ],
)
def test_every_trouble_is_one_message(reaper: Reaper, serve: Serve, setup: str, says: str) -> None:
    reaper.add_midi(NOTES, track=2)
    reaper.do("S.ext['timbre_bridge/preset'] = 'Warm bass'")
    reaper.do(setup)
    with serve():
        reaper.start(SCRIPTS / "timbre_bridge_again.lua")
        reaper.until_end()
    (box,) = reaper.boxes
    assert says in box
    assert (len(reaper.tracks), reaper.do("return S.windows")) == (3, 0)


def test_what_succeeds_is_placed_beside_what_fails(reaper: Reaper, serve: Serve) -> None:
    reaper.add_midi(NOTES, track=2, P_NAME="bad riff")
    reaper.add_midi(NOTES, track=2, P_NAME="good riff")
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until_end()
    assert reaper.boxes == ["bad riff: no good"]
    assert [item["name"] for item in reaper.tracks[2]["items"]] == ["good riff – Warm bass"]


def test_a_file_that_went_away_is_said_and_the_undo_block_is_closed(
    reaper: Reaper, serve: Serve, release: Callable[[], None], spool: Path, tmp_path: Path
) -> None:
    reaper.add_midi(NOTES, track=2, P_NAME="held riff")
    reaper.do("S.picks = {'Warm bass'}")
    with serve():
        reaper.start()
        reaper.until(lambda: "rendering" in reaper.drawn)
        release()
        wait_until(lambda: '"done"' in results(spool))
        for file in (tmp_path / "renders").glob("*.wav"):
            os.remove(file)
        reaper.until_end()
    assert "REAPER cannot open" in reaper.boxes[0]
    reaper.do("reaper.Undo_BeginBlock2(S.project); reaper.Undo_EndBlock2(S.project, '')")
