"""The whole trip with a real Ardour: regions go out, audio comes back where they start.

Run with ``-s`` to read what was sent and where it was put.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np
import pytest

import bridge
from core.clip import Clip, Note
from core.midi import write_midi
from core.provenance import read_provenance
from tests.bridge.processes import ServeProcess
from tests.helpers import ardour
from tests.helpers.ardour import Ardour, samples

pytestmark = [
    pytest.mark.skipif(bool(ardour.why_not()), reason=ardour.why_not()),
    pytest.mark.timeout(4 * ardour.LAST_RESORT_S),
]

SCRIPTS = Path(bridge.__file__).parent / "daws" / "ardour"
RATE = 48_000
FIRST, SECOND, THIRD = 126_000, 700_007, 500_000
"""Where the regions start: on no beat, and the second one on no tick either. The third is on
the first one's track."""

SECOND_SOURCE, SECOND_END = 650_003, 790_001
"""The second region is cut on both sides; its source's beat 0 would be here."""

# 96 beats a minute, then 140 in the midst of the second region.
BEAT, CHANGE_AT, BEAT_AFTER = 30_000, 720_000, 48_000 * 60 / 140
PREPARE = """
function factory () return function ()
  local mark = "%(mark)s"
  if io.open (mark) then return end
  if Session:get_tracks ():size () < 2 then
    if io.open (mark .. ".begun") then return end -- run again while it is still importing
    io.open (mark .. ".begun", "w"):close ()
    local map = Temporal.TempoMap.fetch_writable ()
    map:set_tempo (Temporal.Tempo (96, 96, 4), Temporal.timepos_t (0))
    map:set_tempo (Temporal.Tempo (140, 140, 4), Temporal.timepos_t.from_ticks (24 * 1920))
    Temporal.TempoMap.update (map)
    for _, at in ipairs ({ %(first)d, %(source)d }) do
      local files = C.StringVector ()
      files:push_back ("%(midi)s")
      Editor:do_import (files, Editing.ImportDistinctFiles, Editing.ImportAsTrack,
        ARDOUR.SrcQuality.SrcBest, ARDOUR.MidiTrackNameSource.SMFTrackName,
        ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore, Temporal.timepos_t (at),
        ARDOUR.PluginInfo (), ARDOUR.Track (), false)
    end
    return -- what is seen of the regions is not there yet
  end
  local function add_third (playlist)
    for region in playlist:region_list ():iter () do
      local copy = ARDOUR.RegionFactory.clone_region (region, true, false)
      playlist:add_region (copy, Temporal.timepos_t (%(third)d), 1, false)
      return
    end
  end
  local views = {}
  for route in Session:get_tracks ():iter () do
    for region in route:to_track ():playlist ():region_list ():iter () do
      if region:position ():samples () == %(source)d then
        region:trim_front (Temporal.timepos_t (%(second)d))
        region:trim_end (Temporal.timepos_t (%(second_end)d))
      end
      views[#views + 1] = Editor:regionview_from_region (region)
    end
  end
  if #views == 2 then
    for route in Session:get_tracks ():iter () do
      return add_third (route:to_track ():playlist ())
    end
  end
  local selection = ArdourUI.SelectionList ()
  for _, view in ipairs (views) do selection:push_back (view) end
  Editor:set_selection (selection, ArdourUI.SelectionOp.Set)
  local selected = 0
  for _ in Editor:get_selection ().regions:regionlist ():iter () do selected = selected + 1 end
  if selected == 3 then io.open (mark, "w"):close () end
end end
"""
SAVE = """
function factory () return function ()
  Session:save_state ("", false, false, false, false, false)
  local selected = {}
  for region in Editor:get_selection ().regions:regionlist ():iter () do
    selected[#selected + 1] = tostring (region:position ():samples ())
  end
  table.sort (selected)
  local mark = io.open ("%(mark)s.part", "w")
  mark:write (table.concat (selected, " "))
  mark:close ()
  os.rename ("%(mark)s.part", "%(mark)s")
end end
"""
SEND, IMPORT, PREPARED, SAVED = range(4)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the bridge."""
    return tmp_path_factory.mktemp("bridge")


@pytest.fixture(scope="module")
def bridge_process(home: Path) -> Iterator[ServeProcess]:
    """A running bridge with the shipped model."""
    with ServeProcess(home, "embedded") as process:
        yield process


@pytest.mark.parametrize("how", ["as it finishes", "by an action"])
def test_selected_regions_come_back_as_audio_where_they_start(
    how: str, bridge_process: ServeProcess, home: Path, tmp_path: Path
) -> None:
    midi, prepared, saved = tmp_path / "riff.mid", tmp_path / "prepared", tmp_path / "saved"
    write_midi(Clip.of("riff", [Note(0.5 * i, 55 + 2 * i, 90, 0.4) for i in range(6)]), midi)
    _add_bend(midi)
    at = {
        "first": FIRST,
        "source": SECOND_SOURCE,
        "second": SECOND,
        "third": THIRD,
        "second_end": SECOND_END,
        "midi": midi,
    }
    actions = [
        (SCRIPTS / "timbre_send.lua").read_text(),
        (SCRIPTS / "timbre_import.lua").read_text(),
        PREPARE % {**at, "mark": prepared},
        SAVE % {"mark": saved},
    ]
    by_itself = how == "as it finishes"
    hooks = [(SCRIPTS / "timbre_auto_import.lua").read_text()] if by_itself else []
    with Ardour(tmp_path / "daw", SCRIPTS, actions, hooks, {"TIMBRE_HOME": str(home)}) as daw:
        remembered = daw.session_dir / "timbre-bridge.json"
        remembered.write_text(json.dumps({"preset": "Warm Drawbars"}))  # chosen before
        log = daw.session_dir / "timbre-bridge.log"

        def has_logged(words: str) -> bool:
            assert bridge_process.is_alive, "the bridge ended"
            return log.exists() and log.read_text().count(words) == 3

        daw.fire_until(PREPARED, prepared.exists)
        daw.fire(SEND)
        daw.wait(lambda: has_logged("sent "), "sending")
        if not by_itself:
            jobs = json.loads(remembered.read_text())["jobs"]
            answers = [home / "answers" / "ardour" / "jobs" / f"{job['id']}.json" for job in jobs]
            daw.wait(lambda: all(_is_done(answer) for answer in answers), "rendering")
            assert "imported" not in log.read_text()
            daw.fire(IMPORT)
        daw.wait(lambda: has_logged("imported "), f"import {how}")
        daw.fire_until(SAVED, saved.exists)
        daw.quit()
        assert saved.read_text() == f"{FIRST} {THIRD} {SECOND}"  # as the user had selected
        print(f"\n{log.read_text().strip()}")
        told = log.read_text()
        assert [int(count) for count in re.findall(r"sent (\d+) notes", told)] == [6, 6, 4]
        _check_session(daw.session())
        wavs = {at: path for path, at in re.findall(r"imported (.+\.wav) at sample (\d+)", told)}
        _check_notes(*(read_provenance(wavs[str(at)]).clip for at in (FIRST, SECOND)))
        mix, rate = daw.mix()
    assert rate == RATE
    assert json.loads(remembered.read_text())["jobs"] == {}
    loud = np.abs(mix)
    assert loud[:FIRST].max() == 0.0 < 0.01 < loud[FIRST : FIRST + RATE // 10].max()
    # The second region begins with a rest; its first note sounds here, by the tempo map.
    onset = SECOND_SOURCE + 2 * BEAT
    # What rings on from the first region is far softer.
    assert loud[onset : onset + RATE // 10].max() > 10 * loud[SECOND : onset - 20].max() > 0.0


def _is_done(answer: Path) -> bool:
    return answer.exists() and json.loads(answer.read_text())["state"] == "done"


def _check_session(root: ElementTree.Element) -> None:
    """Each MIDI region has an audio region at its very sample, each track a track of its own."""
    found = {
        kind: [
            [samples(region, RATE) for region in playlist.iter("Region")]
            for playlist in root.iter("Playlist")
            if playlist.attrib["type"] == kind
        ]
        for kind in ("midi", "audio")
    }
    assert sorted(map(sorted, found["midi"])) == [[FIRST, THIRD], [SECOND]]
    assert sorted(map(sorted, found["audio"])) == [[FIRST, THIRD], [SECOND]]
    names = [route.attrib["name"] for route in root.iter("Route")]
    assert sum(name.endswith("(Warm Drawbars)") for name in names) == 2
    print(f"MIDI regions at {sorted(found['midi'])}, audio regions at {sorted(found['audio'])}")


def _add_bend(midi: Path) -> None:
    """Let the third note go up three semitones after half its length, by a range of 12."""
    score = mido.MidiFile(midi)
    tick = 0
    events: list[tuple[int, mido.Message]] = []
    for message in score.tracks[1]:
        tick += message.time
        events.append((tick, message))
    beat = score.ticks_per_beat
    for number, value in ((101, 0), (100, 0), (6, 12), (38, 0)):
        events.append((0, mido.Message("control_change", control=number, value=value)))
    events.append((round(2.4 * beat), mido.Message("pitchwheel", pitch=2048)))
    events.append((3 * beat, mido.Message("pitchwheel", pitch=0)))
    order = {"track_name": 0, "pitchwheel": 1, "control_change": 1, "end_of_track": 9}
    events.sort(key=lambda event: (event[0], order.get(event[1].type, 2)))
    before = 0
    score.tracks[1].clear()
    for at, message in events:
        score.tracks[1].append(message.copy(time=at - before))
        before = at
    score.save(midi)


def _check_notes(first: Clip, second: Clip) -> None:
    """The clips that were rendered are what Ardour plays, to a tick (0.33 ms)."""
    starts = [note.start_s for note in first.notes]
    assert starts == pytest.approx([i * BEAT / RATE for i in range(6)], abs=4e-4)
    assert starts[0] == 0.0
    assert [note.pitch for note in first.notes] == [55, 57, 59, 61, 63, 65]
    assert {note.velocity for note in first.notes} == {90}
    third = first.notes[2].bend
    assert [semitones for _, semitones in third] == [0.0, 0.0, 3.0]
    assert third[2][0] == pytest.approx(0.4 * BEAT / RATE, abs=4e-4)
    assert not any(note.bend for note in first.notes if note is not first.notes[2])

    def sample(beat: float) -> float:
        before = SECOND_SOURCE + beat * BEAT
        if before < CHANGE_AT:
            return before
        return CHANGE_AT + (before - CHANGE_AT) / BEAT * BEAT_AFTER

    expected = [
        (sample(i), min(sample(i + 0.8), SECOND_END)) for i in range(6) if sample(i) >= SECOND
    ]
    expected = [(start, end) for start, end in expected if start < SECOND_END]
    assert [note.pitch for note in second.notes] == [59, 61, 63, 65]
    for note, (start, end) in zip(second.notes, expected, strict=True):
        assert note.start_s == pytest.approx((start - SECOND) / RATE, abs=4e-4)
        assert note.duration_s == pytest.approx((end - start) / RATE, abs=8e-4)
    assert second.length_s == pytest.approx((SECOND_END - SECOND) / RATE, abs=1e-6)
