"""The report: one HTML page that opens with no network and nothing beside it.

Sound is inside as MP3 (every browser plays it), spectrograms as rows of bytes that the page
paints, piano rolls as notes. The page's own code is in ``report_assets``; it reads one JSON object,
:func:`page_data`, so that what is shown can be tested without a browser.
"""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from core.audio import read_audio, resample
from core.audio.conform import mix_down, mono
from core.coercion.type_errors import as_path
from core.errors import OutputError
from core.files import check_writable, is_special, replacing
from core.types import FloatArray
from evaluation import machine, results
from evaluation.metrics import transcription
from evaluation.metrics.catalog import BY_NAME, METRICS, heading, judge_note
from evaluation.scoring import note_from_json
from evaluation.statistics.digits import decimals
from evaluation.tables import distance_cells

ASSETS = Path(__file__).parent / "report_assets"
SPECTROGRAM_HZ = 22_050
SPECTROGRAM_BANDS = 96
SPECTROGRAM_STEPS = 240
DYNAMIC_RANGE_DB = 70.0
MAX_PLAYED_S = 30.0
"""Longer sounds are cut in the page (the files are whole), seconds."""
SOUND_HZ = 44_100


def write(run: str | os.PathLike[str], output: str | os.PathLike[str] | None = None) -> Path:
    """Write the report of a finished run.

    Args:
        run: its folder.
        output: of the page; None: ``report.html`` in the run.

    Returns:
        Where it is.

    Raises:
        UserInputError: if the run is not finished or damaged.
        OutputError: if the page cannot be written.
    """
    import jinja2

    run = as_path("the run", run, "the path of its folder")
    path = run / "report.html" if output is None else as_path("the page", output)
    if path.suffix.lower() not in (".html", ".htm") and not is_special(path):
        raise OutputError(f"cannot write {path}: the report is a page; end its name in .html")
    check_writable(path)
    run_results = results.read(run)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ASSETS), autoescape=True, undefined=jinja2.StrictUndefined
    )
    page = environment.get_template("report.html.j2").render(
        config=run_results["config"],
        judge=judge_note(run_results["config"]["judged_by"]),
        timed_on=_timed_on(run),
        style=(ASSETS / "report.css").read_text("utf-8"),
        script=(ASSETS / "report.js").read_text("utf-8"),
        # "</script>" inside a string must not end the element that carries the data.
        data=json.dumps(page_data(run_results, run), allow_nan=False).replace("<", "\\u003c"),
    )
    with replacing(path) as stream:
        stream.write(page.encode())
    return path


def _timed_on(run: Path) -> str:
    timed_on = results.read_machine(run)
    return "" if timed_on is None else machine.one_line(timed_on)


def page_data(run_results: Mapping[str, Any], run: Path) -> dict[str, Any]:
    """Everything the page shows, as JSON.

    Args:
        run_results: content of ``results.json``.
        run: the run's folder, for sounds and times.
    """
    sounds: dict[str, Any] = {}
    rows = []
    for row in run_results["rows"]:
        shown = {key: row[key] for key in ("item", "system", "error", "figures")}
        shown["limits"] = row.get("limits", [])
        if row["error"] is None:
            key = f"{row['system']}/{row['item']}"
            sounds[key] = _sound(run / row["audio"]["path"])
            shown["sound"] = key
            shown["roll"] = piano_roll(run_results["items"][row["item"]]["notes"], row["notes"])
        rows.append(shown)
    judged = run_results["config"]["judged_by"]
    return {
        "metrics": [{**asdict(metric), "label": heading(metric, judged)} for metric in METRICS],
        "systems": run_results["config"]["systems"],
        "summary": _with_digits(run_results["summary"]),
        "distances": {
            name: {**found, "cells": distance_cells(found)}
            for name, found in run_results["distances"].items()
        },
        "items": run_results["items"],
        "rows": rows,
        "sounds": sounds,
        "timings": results.read_timings(run),
    }


def _with_digits(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The summary with the decimals that each figure's interval carries."""
    shown: dict[str, Any] = {}
    for system, own in summary.items():
        figures = {
            name: {
                **figure,
                "digits": decimals(figure["low"], figure["high"], BY_NAME[name].digits),
            }
            for name, figure in own["figures"].items()
            if name in BY_NAME
        }
        shown[system] = {**own, "figures": figures}
    return shown


def piano_roll(
    reference: Sequence[Sequence[float]], estimated: Sequence[Sequence[float]]
) -> list[list[float | str]]:
    """Notes to draw: [start_s, pitch, duration_s, kind]; kinds are found, missed and extra.

    Args:
        reference: notes of the score, [start_s, pitch, velocity, duration_s] each.
        estimated: notes of the transcription, likewise.
    """
    reference_notes = [note_from_json(note) for note in reference]
    estimated_notes = [note_from_json(note) for note in estimated]
    pairs = transcription.match(reference_notes, estimated_notes)
    matched = {i for i, _ in pairs}
    matched_estimates = {j for _, j in pairs}
    roll: list[list[float | str]] = [
        [n.start_s, n.pitch, n.duration_s, "found" if i in matched else "missed"]
        for i, n in enumerate(reference_notes)
    ]
    roll += [
        [n.start_s, n.pitch, n.duration_s, "extra"]
        for j, n in enumerate(estimated_notes)
        if j not in matched_estimates
    ]
    return roll


def _sound(path: Path) -> dict[str, Any]:
    audio, rate = read_audio(path)
    audio = audio[:, : round(MAX_PLAYED_S * rate)]
    return {
        "mp3": base64.b64encode(encode_mp3(audio, rate)).decode("ascii"),
        "seconds": audio.shape[1] / rate,
        "spectrogram": base64.b64encode(spectrogram(audio, rate).tobytes()).decode("ascii"),
    }


def encode_mp3(audio: FloatArray, sample_rate: int) -> bytes:
    """MP3 of a sound [channels, frames]; more than two channels are mixed down.

    Args:
        audio: float32 [channels, frames].
        sample_rate: Hz.
    """
    import soundfile

    channels = audio if audio.shape[0] <= 2 else mix_down(audio)[None]
    playable = np.clip(resample(channels, sample_rate, SOUND_HZ), -1, 1)
    stream = io.BytesIO()
    soundfile.write(stream, playable.T, SOUND_HZ, format="MP3", subtype="MPEG_LAYER_III")
    return stream.getvalue()


def spectrogram(audio: FloatArray, sample_rate: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Picture of a sound: uint8 [96 bands, 240 steps], 0 at −70 dB below its loudest.

    Bands are logarithmic, from 40 Hz to 11 kHz, lowest first.

    Args:
        audio: float32 [channels, frames].
        sample_rate: Hz.
    """
    sound = mono(audio, sample_rate, SPECTROGRAM_HZ)
    size = 2048
    centres = np.linspace(0, max(1, len(sound) - 1), SPECTROGRAM_STEPS).astype(int)
    padded = np.pad(sound, (size // 2, size))
    frames = np.stack([padded[c : c + size] for c in centres]) * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2  # [steps, bins]
    edges = np.geomspace(40.0, SPECTROGRAM_HZ / 2, SPECTROGRAM_BANDS + 1) / (SPECTROGRAM_HZ / size)
    bands = np.stack(
        [
            power[:, int(low) : max(int(low) + 1, int(high))].max(axis=1)
            for low, high in pairwise(edges)
        ]
    )
    loudest = float(bands.max())
    if loudest < 1e-9:
        return np.zeros(bands.shape, np.uint8)
    level = 10 * np.log10(np.maximum(bands / loudest, 1e-12))
    return np.clip(255 * (1 + level / DYNAMIC_RANGE_DB), 0, 255).astype(np.uint8)
