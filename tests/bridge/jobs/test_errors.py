"""The queue's errors, and that it knows no way in: the server and the desktop share it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bridge
from bridge.errors import code_of
from bridge.jobs.errors import JobConflict, QueueUnusable
from core.errors import DatabaseUnusable


@pytest.mark.parametrize(
    ("error", "code"), [(JobConflict("x"), "bad_request"), (QueueUnusable("x"), "internal")]
)
def test_the_queues_errors_have_codes_of_the_contract(error: JobConflict, code: str) -> None:
    assert code_of(error) == code
    assert error.exit_code == 2


def test_a_queue_that_cannot_be_used_is_a_database_that_cannot() -> None:
    assert issubclass(QueueUnusable, DatabaseUnusable)


def test_the_queue_imports_nothing_of_the_protocol() -> None:
    modules = sorted((Path(bridge.__file__).parent / "jobs").glob("*.py"))
    assert modules
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bridge."):
                assert (node.module or "").startswith(("bridge.jobs", "bridge.errors")), module
