"""What a clock said: the whole wait, and where it was."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from core.synthesizer import Synthesizer
from core.takes.take import Take
from evaluation import datasets, machine, results, run
from evaluation.scoring import ScoringSettings
from evaluation.tables import summary_table
from tests.evaluation.fakes import PluckedSynthesizer, in_process

HEARING_S = 0.05


class SlowListener(PluckedSynthesizer):
    """Takes its time to hear a timbre, and does not count it as rendering."""

    def render(self, *arguments: Any, **named: Any) -> Take:
        time.sleep(HEARING_S)
        return super().render(*arguments, **named)


def load_slow(model: str, device: str | None) -> Synthesizer:
    return SlowListener(model)  # type: ignore[return-value]


def test_times_have_hearing_the_timbre_in_them_and_say_their_machine(
    dataset: datasets.Dataset, tmp_path: Path
) -> None:
    config = run.EvaluationConfig(
        models=("slow",), baselines=False, scoring=ScoringSettings(followers=()), limit=1
    )
    folder = tmp_path / "a"
    found = run.run(dataset, config, folder, execute=in_process, load=load_slow)
    times, audio = results.read_timings(folder)["slow"], found["rows"][0]["audio"]
    assert times["first_audio_s"] >= HEARING_S
    assert times["rtf"] >= HEARING_S / (audio["frames"] / audio["sample_rate"])
    timed_on = results.read_machine(folder)
    assert timed_on is not None
    assert timed_on["cores"] >= 1
    assert timed_on["reference_s"] > 0
    table = summary_table(found, results.read_timings(folder), timed_on)
    assert machine.one_line(timed_on) in table
    assert "× real time ↓" in table
    # Going on with nothing to do keeps what was timed, and no clock is in the results.
    before = (folder / "results.json").read_bytes()
    run.run(dataset, config, folder, execute=in_process, load=load_slow)
    assert results.read_machine(folder) == timed_on
    assert (folder / "results.json").read_bytes() == before


def test_a_run_without_times_has_none(tmp_path: Path) -> None:
    assert results.read_timings(tmp_path) == {}
    assert results.read_machine(tmp_path) is None
