"""What docs/public-api.md promises is there, and its notebook runs."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import core

DOCUMENT = Path(__file__).parents[1] / "docs" / "public-api.md"


def documented() -> set[str]:
    """Names of core in the table: those that stand after ``core``, and ``core.Library``."""
    text = DOCUMENT.read_text()
    rows = re.findall(r"`core`: (.*?) \|$", text, re.M)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    return named | set(re.findall(r"`core\.([A-Z]\w+)`", text))


def test_core_lists_its_names_and_the_document_has_them() -> None:
    assert set(core.__all__) == {name for name in dir(core) if not name.startswith("_")}
    assert set(core.__all__) == documented()
    for name in core.__all__:
        assert getattr(core, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Synthesiser'"):
        core.Synthesiser  # noqa: B018


def test_to_import_core_and_list_its_names_loads_nothing_heavy() -> None:
    heavy = ("torch", "numpy", "scipy", "sqlalchemy", "soundfile", "tqdm")
    code = f"import sys, core; dir(core); print([m for m in {heavy!r} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_every_documented_module_and_name_is_there() -> None:
    for module, names in re.findall(
        r"`(core\.\w+(?:\.\w+)*)`: ((?:`\w+`(?:, )?)+)", DOCUMENT.read_text()
    ):
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(import_module(module), name), f"{module}.{name}"


def test_packages_say_that_they_are_typed() -> None:
    for package in ("core", "bridge", "evaluation", "desktop"):
        assert (DOCUMENT.parents[1] / package / "py.typed").is_file()


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path / "home"))
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCUMENT.read_text(), re.S | re.M)
    cell: dict[str, Any] = {}
    exec(compile(code, str(DOCUMENT), "exec"), cell)
    assert re.fullmatch(r"<Take \d\.\d s, 44100 Hz, 'a glassy bell', seed 3>", repr(cell["take"]))
    assert (tmp_path / "bell.flac").is_file()
    assert "<audio controls" in cell["take"]._repr_html_()
    sounds = [cell[name].audio for name in ("take", "copied", "mixed", "bass")]
    for index, sound in enumerate(sounds):
        assert sound.any()
        assert not any(
            sound.shape == other.shape and (sound == other).all() for other in sounds[:index]
        )
