"""The page: whole, offline, and honest about what is missing."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from evaluation import report, results
from tests.evaluation import sounds


def page_data_of(path: Path) -> dict[str, Any]:
    text = path.read_text()
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert match is not None
    data: dict[str, Any] = json.loads(match[1])
    return data


def test_the_page_holds_everything_and_asks_the_network_for_nothing(
    whole: Path, tmp_path: Path
) -> None:
    path = report.write(whole, tmp_path / "report.html")
    outside = re.sub(
        r'<script type="application/json".*?</script>', "", path.read_text(), flags=re.S
    )
    assert "http://" not in outside
    assert "https://" not in outside
    assert not re.search(r"<link|@import|src=\"(?!data:)", outside)
    data = page_data_of(path)
    assert set(data["systems"]) == {row["system"] for row in data["rows"]}
    assert {row["item"] for row in data["rows"]} == set(data["items"])
    for row in data["rows"]:
        assert row["sound"] in data["sounds"]


def test_sounds_in_the_page_are_the_files(whole: Path) -> None:
    data = report.page_data(results.read(whole), whole)
    sound = data["sounds"]["fake/dull"]
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["mp3"])), always_2d=True)
    assert rate == 44_100
    assert abs(len(heard) / rate - sound["seconds"]) < 0.1
    original, _ = soundfile.read(whole / "audio/fake/dull.wav")
    assert abs(np.abs(heard).max() / np.abs(original).max() - 1) < 0.1
    picture = base64.b64decode(sound["spectrogram"])
    assert len(picture) == report.SPECTROGRAM_BANDS * report.SPECTROGRAM_STEPS


def test_piano_rolls_mark_what_was_missed_and_what_was_never_asked_for() -> None:
    asked = [[0.0, 60, 100, 0.5], [1.0, 62, 100, 0.5]]
    heard = [[0.01, 60, 90, 0.5], [1.0, 70, 90, 0.5]]
    kinds = [(note[1], note[3]) for note in report.piano_roll(asked, heard)]
    assert kinds == [(60, "found"), (62, "missed"), (70, "extra")]


def test_a_spectrogram_shows_a_tone_in_its_band_and_silence_as_black() -> None:
    picture = report.spectrogram(sounds.tone(440, 1.0)[None], sounds.RATE)
    band = int(picture[:, 100].argmax())
    edges = np.geomspace(40.0, 11_025.0, report.SPECTROGRAM_BANDS + 1)
    assert edges[band - 1] < 440 < edges[band + 2]
    assert picture.max() == 255
    assert report.spectrogram(np.zeros((2, 9), np.float32), sounds.RATE).max() == 0


def test_failed_items_and_hostile_names_do_not_break_the_page(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    found = results.read(run)
    found["rows"][0] |= {"error": "</script><script>alert(1)</script>", "figures": {}}
    found["config"]["set"]["name"] = "<b>x</b>"
    results.write_json(run / "results.json", found)
    path = report.write(run)
    assert "alert(1)</script>" not in path.read_text()
    assert "<b>x</b>" not in path.read_text()
    assert page_data_of(path)["rows"][0]["error"].startswith("</script>")
