"""Whoever shares the service learns what comes in, by whatever way."""

from __future__ import annotations

from pathlib import Path

from bridge.jobs.model import Job
from bridge.protocol import ClipBegin, ClipEnd, ClipNotes, Render
from core.clip import Clip, Note
from tests.bridge.servers import service

NOTES = (Note(0.0, 60, 100, 0.5), Note(0.5, 64, 90, 0.5))


def test_clips_and_jobs_are_told_once_and_whole(tmp_path: Path) -> None:
    clips: list[tuple[str, str]] = []
    jobs: list[tuple[Job, Clip]] = []
    with service(tmp_path) as shared:
        shared.listen(
            lambda client, clip_id: clips.append((client, clip_id)),
            lambda job, clip: jobs.append((job, clip)),
        )
        shared.receive_clip("daw", ClipBegin("c", "riff", 2, 1.0))
        shared.receive_clip("daw", ClipNotes("c", 0, NOTES[:1]))
        shared.receive_clip("daw", ClipEnd("c"))
        assert clips == []
        shared.receive_clip("daw", ClipNotes("c", 1, NOTES[1:]))
        shared.receive_clip("daw", ClipEnd("c"))
        assert clips == [("daw", "c")]
        assert shared.clip("daw", "c").notes == NOTES
        for _ in range(2):
            shared.render("daw", Render("j", "c", "Warm bass"))
    assert [(job.client, job.job_id, clip.name) for job, clip in jobs] == [("daw", "j", "riff")]
