"""Batches are there at the next start, with their renders as they are then."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import OutputError, TimbreError
from desktop.pages.batch.group import RenderGroup
from desktop.pages.batch.kept import MOST_KEPT, recall_groups, save_groups
from desktop.services.fakes.jobs import FakeJobs, fake_clip


def group_of(jobs: FakeJobs, name: str) -> RenderGroup:
    """A clip in two presets."""
    clip = fake_clip(name)
    clip_id = jobs.receive(clip)
    takes = jobs.submit(clip_id, ["Bell", "Bass"])
    return RenderGroup(f"{name} in 2 presets", {clip_id: (name, clip.length_s)}, list(takes))


def test_batches_come_back(tmp_path: Path) -> None:
    jobs = FakeJobs()
    groups = [group_of(jobs, "riff"), group_of(jobs, "bass, “slow”")]
    assert recall_groups(tmp_path / "batches.json", jobs) == []
    save_groups(groups, tmp_path / "new" / "batches.json")
    done = jobs.finish(1, tmp_path / "a.wav")
    first, second = recall_groups(tmp_path / "new" / "batches.json", jobs)
    assert first.takes == [done, groups[0].takes[1]]
    assert second == groups[1]


def test_what_the_queue_forgot_is_left_out(tmp_path: Path) -> None:
    jobs = FakeJobs()
    group = group_of(jobs, "riff")
    save_groups([group] * (MOST_KEPT + 5), tmp_path / "b.json")
    assert len(recall_groups(tmp_path / "b.json", jobs)) == MOST_KEPT
    assert recall_groups(tmp_path / "b.json", FakeJobs()) == []


@pytest.mark.parametrize("text", ["", "{", "[3]", '[{"title": "x"}]', '{"a": 1}', "null"])
def test_a_damaged_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(TimbreError, match=r"b\.json is damaged"):
        recall_groups(tmp_path / "b.json", FakeJobs())


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError):
        save_groups([], tmp_path / "file" / "b.json")
