"""The rules of the layout: who may import whom, and what no module may become."""

import ast
import sys
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
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
TEST_ONLY = {
    "hypothesis",
    "music21",
    "pytest",
    "tokensynth",
    "transformers",
    "auraloss",
    "pyloudnorm",
    "pyte",
}


CORE_ORDER = (
    "errors", "paths", "version", "files", "sqlite", "archives", "threads", "process_logs", "types",
    "coercion", "progress", "terminal", "console", "settings", "clip", "timbre", "audio", "midi",
    "transcription", "corpora", "models", "codecs", "engines", "encoders", "loading", "bundles",
    "options", "provenance", "leveling", "descriptors", "notebooks", "takes", "synthesizer",
    "outputs", "audition", "library", "training", "render_command", "cli",
)  # fmt: skip
"""Rooms of core, from the ground up: each may import those before it, and never one after."""

MOST_MODULES = 20
"""In one folder; more are not read as a table of contents."""


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


@cache
def graph() -> dict[str, set[str]]:
    """Which module imports which, for type checking and inside functions included."""
    named = {}
    for path in modules():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        named[name.removesuffix(".__init__")] = path
    edges: dict[str, set[str]] = {name: set() for name in named}
    for name, path in named.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                edges[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    edges[name].add(inner if inner in named else node.module)
        edges[name] &= set(named)
        edges[name].discard(name)
    return edges


def test_no_module_imports_itself_in_a_circle() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' → '.join(error.args[1])}")


def room_of(module: str) -> str:
    """The package inside core, or the package, that a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "core" else parts[0]


def test_no_two_packages_import_each_other() -> None:
    pairs = {
        (room_of(one), room_of(other))
        for one, others in graph().items()
        for other in others
        if room_of(one) != room_of(other)
    }
    assert not {pair for pair in pairs if pair[::-1] in pairs}


def test_nothing_in_core_imports_what_is_above_it() -> None:
    place = {f"core.{room}": number for number, room in enumerate(CORE_ORDER)}
    rooms = {room_of(module) for module in graph() if module.startswith("core.")}
    assert rooms <= set(place), f"give {rooms - set(place)} a place in CORE_ORDER"
    for one, others in graph().items():
        for other in others:
            if one.startswith("core.") and other.startswith("core."):
                assert place[room_of(other)] <= place[room_of(one)], f"{one} imports {other}"


def test_no_folder_is_longer_than_a_table_of_contents() -> None:
    count: dict[Path, int] = defaultdict(int)
    for path in modules():
        count[path.parent] += path.name != "__init__.py"
    assert {str(folder): n for folder, n in count.items() if n > MOST_MODULES} == {}


def test_a_type_name_means_one_thing() -> None:
    """Classes, and names given to types, over all that ships and the benchmarks."""
    homes: dict[str, set[str]] = defaultdict(set)
    for path in [*modules(), *sorted((ROOT / "benchmarks").glob("*.py"))]:
        if "daws" in path.parts:  # runs inside a DAW, which names its own class there
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                names = [node.name]
            elif isinstance(node, ast.Assign):
                targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
                names = [n for n in targets if n[0].isupper() and not n.isupper() and "_" not in n]
            else:
                continue
            for name in names:
                homes[name.lstrip("_")].add(str(path.relative_to(ROOT)))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path} has no docstring"


def test_only_training_imports_training() -> None:
    """What ships to a musician must work without the training extra."""
    for module, others in graph().items():
        if not module.startswith(("core.training", "evaluation.")):  # some sets are made here
            reached = {name for name in others if name.startswith("core.training")}
            assert not reached, f"{module} imports {reached}"


def test_the_standard_library_is_not_shadowed() -> None:
    assert not set(MAY_IMPORT) & sys.stdlib_module_names
