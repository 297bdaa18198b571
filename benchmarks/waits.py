"""How long people wait: ``python -m benchmarks.waits [--only PART] [--threads N]``.

Times are wall times, as they are what is waited for. Beside each stands what it is of the
*reference work*, 40 products of 1200 × 1200 float32 matrices on one thread, measured just before
it: machines differ, and so does one machine from hour to hour. Numbers of threads are those that
the program chooses, but for rows that say one.

A row is a function that measures, with :func:`row` above it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from benchmarks import library as library_benchmark
from benchmarks.voices import voices_held
from core.audio import read_reference
from core.clip import Clip, Note
from core.synthesizer import Synthesizer
from core.threads import computing
from core.timbre import TextTimbre
from evaluation import datasets
from evaluation.assets.chorale import chorale

WORDS = "bright acoustic grand piano"
_STEP_S, _HELD_S, _VOICES = 0.25, 0.22, 4
_LIVE_SECONDS = 2.0


@dataclass(frozen=True)
class Wait:
    """What one row found.

    Attributes:
        value: seconds, or a number of voices.
        ratio: of the reference work; None for what is no time.
        met: whether the bar is reached; None without one.
    """

    value: float
    ratio: float | None = None
    met: bool | None = None


@dataclass(frozen=True)
class WaitRow:
    """A row of the table: what is waited for, what it may take, and how it is measured."""

    name: str
    bar: str
    measure: Callable[[], Wait]


ROWS: list[WaitRow] = []


def row(name: str, bar: str = "") -> Callable[[Callable[[], Wait]], Callable[[], Wait]]:
    """Put a function into the table.

    Args:
        name: what is waited for.
        bar: what it may take, in words.
    """

    def add(measure: Callable[[], Wait]) -> Callable[[], Wait]:
        ROWS.append(WaitRow(name, bar, measure))
        return measure

    return add


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """Wall time of some work, the least of so many times.

    Args:
        work: what to do.
        times: how often.
    """

    def once() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(once() for _ in range(times))


@contextmanager
def one_thread() -> Iterator[None]:
    """What is within runs on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def reference_work_s() -> float:
    """The reference work's time here and now, on whatever the other processes leave."""
    matrix = torch.randn(1200, 1200, generator=torch.Generator().manual_seed(0))
    with one_thread():
        matrix @ matrix
        return seconds(lambda: [matrix @ matrix for _ in range(40)])


@contextmanager
def busy_processes(count: int = 2) -> Iterator[None]:
    """So many processes that compute without a pause; ended afterwards."""
    code = "while True: sum(range(100_000))"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
    try:
        time.sleep(0.5)  # until they are past their start
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


@cache
def synthesizer() -> Synthesizer:
    """The shipped bundle, loaded once, with the encoder that a first render would load."""
    synth = Synthesizer.load()
    synth.embed(TextTimbre(WORDS))
    return synth


def four_voices(length_s: float, *, struck_alike: bool = True) -> Clip:
    """Four chords a second, those of the demo's chorale, over and over: 16 notes a second.

    Args:
        length_s: how long, seconds.
        struck_alike: with the chorale's velocities, one a voice; else any from 40 to 120.
    """
    notes = chorale().notes
    chords = [notes[i : i + _VOICES] for i in range(0, len(notes), _VOICES)]
    rng = np.random.default_rng(0)
    played = [
        Note(
            step * _STEP_S, note.pitch,
            note.velocity if struck_alike else int(rng.integers(40, 121)), _HELD_S,
        )
        for step in range(round(length_s / _STEP_S))
        for note in chords[step % len(chords)]
    ]  # fmt: skip
    return Clip.of("four voices", played, length_s)


def render_s(clip: Clip, times: int) -> float:
    """Seconds to render a clip by words with a synthesizer that is warm.

    Args:
        clip: to render.
        times: how often; the least counts.
    """
    synth = synthesizer()
    synth.render(Clip.of("one", [replace(clip.notes[0], start_s=0.0)]), TextTimbre(WORDS))
    return seconds(lambda: synth.render(clip, TextTimbre(WORDS)), times)


@row("10 s of four voices, warm", "≤ 0.3 s or 0.13 ×")
def warm() -> Wait:
    reference_s = reference_work_s()
    took_s = render_s(four_voices(10.0), 3)
    ratio = took_s / reference_s
    return Wait(took_s, ratio, took_s <= 0.3 or ratio <= 0.13)


@row("the same, every note struck otherwise")
def warm_humanised() -> Wait:
    reference_s = reference_work_s()
    took_s = render_s(four_voices(10.0, struck_alike=False), 3)
    return Wait(took_s, took_s / reference_s)


@row("10 s of four voices beside two busy processes", "≤ 3 × quiet or 0.4 × the work")
def loaded() -> Wait:
    clip = four_voices(10.0)
    quiet_s, reference_s = render_s(clip, 3), reference_work_s()
    with busy_processes():
        took_s = float(np.median([render_s(clip, 1) for _ in range(5)]))
    ratio = took_s / reference_s
    return Wait(took_s, ratio, took_s <= 3 * quiet_s or ratio <= 0.4)


@row("100 s of four voices, 1,600 notes", "≤ 4 s")
def long() -> Wait:
    reference_s = reference_work_s()
    took_s = render_s(four_voices(100.0), 1)
    return Wait(took_s, took_s / reference_s, took_s <= 4.0)


@row("timbre render of 10 s by words, from the command line", "≤ 3.5 s")
def cold() -> Wait:
    reference_s = reference_work_s()
    with tempfile.TemporaryDirectory() as folder:
        midi = Path(folder) / "clip.mid"
        write_midi(four_voices(10.0), midi)
        command = [
            sys.executable, "-m", "core.cli", "render", str(midi), "--text", WORDS,
            "-o", str(Path(folder) / "out.wav"),
        ]  # fmt: skip
        environment = {**os.environ, "TIMBRE_HOME": folder}
        took_s = seconds(
            lambda: subprocess.run(command, check=True, capture_output=True, env=environment)
        )
    return Wait(took_s, took_s / reference_s, took_s <= 3.5)


def live(block: int, least: int) -> Wait:
    """Voices that a stream holds on one thread, with vibrato, tremolo and shimmer.

    Args:
        block: samples.
        least: voices.
    """
    with one_thread():
        held = voices_held(block, _LIVE_SECONDS, moves=True, clock=time.perf_counter)
    return Wait(held, None, held >= least)


@row("live voices, one thread, blocks of 128", "≥ 16")
def live_128() -> Wait:
    return live(128, 16)


@row("live voices, one thread, blocks of 256", "≥ 48")
def live_256() -> Wait:
    return live(256, 48)


def command_s(*arguments: str) -> float:
    """Seconds of a ``timbre`` command with a fresh home, its start as a process included.

    Args:
        arguments: of the command.
    """
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "core.cli", *arguments]
        environment = {**os.environ, "TIMBRE_HOME": home}
        return seconds(
            lambda: subprocess.run(command, check=True, capture_output=True, env=environment)
        )


def longest_references_s() -> float:
    """Mean seconds that a warm encoder takes for a reference, cut or repeated to four seconds."""
    encoder = synthesizer().encoder
    items = datasets.load("embedded-v1").items[:4]
    heard = [read_reference(item.reference) for item in items if item.reference]
    sounds = [(np.resize(audio, (len(audio), 4 * rate)), rate) for audio, rate in heard]
    with computing(has_small_steps=True):
        encoder.encode_audio(*sounds[0])
        return seconds(lambda: [encoder.encode_audio(*sound) for sound in sounds]) / len(sounds)


@row("hear a recording of 4 s, warm", "≤ 1.5 s or 0.6 ×")
def hear() -> Wait:
    reference_s = reference_work_s()
    took_s = longest_references_s()
    return Wait(took_s, took_s / reference_s, took_s <= 1.5 or took_s <= 0.6 * reference_s)


@row("the same beside two busy processes", "≤ 3 × quiet or 1.8 × the work")
def hear_loaded() -> Wait:
    quiet_s, reference_s = longest_references_s(), reference_work_s()
    with busy_processes():
        took_s = longest_references_s()
    ratio = took_s / reference_s
    return Wait(took_s, ratio, took_s <= 3 * quiet_s or ratio <= 1.8)


@row("timbre demo, from the command line", "≤ 15 s")
def demo() -> Wait:
    reference_s = reference_work_s()
    with tempfile.TemporaryDirectory() as folder:
        took_s = command_s("demo", "-o", str(Path(folder) / "demo"))
    return Wait(took_s, took_s / reference_s, took_s <= 15.0)


@row("the first preset similar, from the command line", "≤ 1.5 s")
def first_similar() -> Wait:
    took_s = command_s("preset", "similar", "Small Bell")
    return Wait(took_s, took_s / reference_work_s(), took_s <= 1.5)


@row("the first preset list, from the command line")
def first_list() -> Wait:
    took_s = command_s("preset", "list")
    return Wait(took_s, took_s / reference_work_s())


@row("the first factory preset over OSC, once the worker is up", "≤ 1.5 s")
def first_over_osc() -> Wait:
    from bridge.client import BridgeClient

    with tempfile.TemporaryDirectory() as home:
        serve = [sys.executable, "-m", "core.cli", "serve", "--port", "0"]
        environment = {**os.environ, "TIMBRE_HOME": home}
        process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True, env=environment)
        try:
            assert process.stderr is not None
            said = next(line for line in process.stderr if "UDP port" in line)
            port = int(said.split("UDP port ")[1].split()[0])
            with BridgeClient(port=port, name="waits") as client:
                clip = four_voices(2.0)
                took_s = seconds(lambda: client.render(clip, "Small Bell"))
        finally:
            process.kill()
            process.wait()
    return Wait(took_s, took_s / reference_work_s(), took_s <= 1.5)


@cache
def large_library() -> library_benchmark.LibraryTimes:
    """Times in a library of 100,000 presets, which takes minutes to make."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / library_benchmark.FILE
        library_benchmark.build(path, 100_000)
        return library_benchmark.measure(path)


@row("100,000 presets: search, p95 of many", "≤ 10 ms")
def search_many() -> Wait:
    took_s = large_library().search_s[1]
    return Wait(took_s, took_s / reference_work_s(), took_s <= 0.010)


@row("100,000 presets: similar, median of many", "≤ one product of its floats")
def similar_many() -> Wait:
    times = large_library()
    took_s, product_s = times.similar_s[0], times.product_s[0]
    return Wait(took_s, took_s / reference_work_s(), took_s <= product_s)


@row("100,000 presets: that product, median")
def product_of_many() -> Wait:
    took_s = large_library().product_s[0]
    return Wait(took_s, took_s / reference_work_s())


@row("100,000 presets: page of a kind, p95 of many", "≤ 10 ms")
def page_of_many() -> Wait:
    took_s = large_library().page_s[1]
    return Wait(took_s, took_s / reference_work_s(), took_s <= 0.010)


def write_midi(clip: Clip, path: Path) -> None:
    """A clip as a MIDI file.

    Args:
        clip: what to write.
        path: of the file.
    """
    import pretty_midi

    instrument = pretty_midi.Instrument(0)
    instrument.notes = [
        pretty_midi.Note(note.velocity, note.pitch, note.start_s, note.end_s) for note in clip.notes
    ]
    midi = pretty_midi.PrettyMIDI()
    midi.instruments.append(instrument)
    midi.write(str(path))


def main() -> None:
    """Print the table, row by row as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--list", action="store_true", help="print the rows' names and bars only")
    parser.add_argument("--threads", type=int, help="instead of as many as the program chooses")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
        os.environ["OMP_NUM_THREADS"] = str(arguments.threads)  # of processes that are started
    rows = [entry for entry in ROWS if arguments.only in entry.name]
    width = max((len(entry.name) for entry in rows), default=0)
    if arguments.list:
        for entry in rows:
            print(f"{entry.name:{width}}  {entry.bar}")
        return
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(
        f"reference work {reference_work_s():.2f} s; {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads{load}"
    )
    for entry in rows:
        found = entry.measure()
        value = f"{found.value:8.3f} s" if found.ratio is not None else f"{found.value:8.0f}  "
        ratio = f"{found.ratio:6.2f} ×" if found.ratio is not None else " " * 8
        met = {None: "", True: "met", False: "missed"}[found.met]
        print(f"{entry.name:{width}} {value} {ratio}  {entry.bar:30} {met}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
