"""The rules of the layout: who may import whom, and what no module may become."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "core": {"core"},
    "bridge": {"bridge", "core"},
    "evaluation": {"evaluation", "core"},
    "desktop": {"desktop", "bridge", "evaluation", "core"},
}
ONLY_IN = {
    "PyQt6": ("desktop/",),
    "pyqtgraph": ("desktop/",),
    "pythonosc": ("bridge/",),
    "sqlalchemy": ("core/sqlite.py", "core/library/"),
    "sqlite3": ("core/sqlite.py",),
}
TRAINING_ONLY = {"pedalboard", "fluidsynth", "tensorboard", "matplotlib"}
TEST_ONLY = {"hypothesis", "music21", "pytest", "tokensynth", "transformers", "auraloss"}


def modules() -> list[Path]:
    return [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Full names of what a module imports, wherever it does."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_layers(path: Path) -> None:
    where = path.relative_to(ROOT).as_posix()
    package = where.split("/")[0]
    for name in imported(path):
        top = name.split(".")[0]
        assert top not in MAY_IMPORT or top in MAY_IMPORT[package], f"{where} imports {name}"
        assert top != "tests", f"{where} imports {name}"
        assert top not in TEST_ONLY, f"{where} needs {name}, which is installed for tests only"
        if top in ONLY_IN:
            assert where.startswith(ONLY_IN[top]), f"{where} imports {name}"
        if top in TRAINING_ONLY:
            assert where.startswith(("core/training/", "evaluation/")), f"{where} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


def test_rendering_never_imports_training() -> None:
    """What ships to a musician must work without the training extra."""
    for path in (ROOT / "core").rglob("*.py"):
        where = path.relative_to(ROOT).as_posix()
        makes_shipped_files = path.name.startswith("make")  # a script, run by hand
        if not where.startswith("core/training/") and not makes_shipped_files:
            reached = {name for name in imported(path) if name.startswith("core.training")}
            assert not reached, f"{where} imports {reached}"


def test_the_standard_library_is_not_shadowed() -> None:
    assert not set(MAY_IMPORT) & sys.stdlib_module_names
