"""Which renders were begun together, kept between starts: one small file. No Qt.

The renders themselves are the queue's, which forgets them after a time; what it forgot is left
out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

from core.errors import TimbreError
from core.files import output_error, replacing
from desktop.pages.batch.group import RenderGroup
from desktop.services.jobs_interface import JobService
from desktop.translations.words import translate

_log = logging.getLogger(__name__)

MOST_KEPT = 20
"""Batches; older ones are forgotten, their files stay."""


def save_groups(groups: Sequence[RenderGroup], path: Path) -> None:
    """Keep batches. Slow.

    Args:
        groups: the newest first.
        path: the file; replaced.

    Raises:
        OutputError: if it cannot be written.
    """
    data = [
        {
            "title": group.title,
            "clips": {clip_id: list(known) for clip_id, known in group.clips.items()},
            "takes": [take.id for take in group.takes],
        }
        for group in groups[:MOST_KEPT]
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(json.dumps(data).encode())
    except OSError as error:
        raise output_error(path, error) from error


def recall_groups(path: Path, jobs: JobService) -> list[RenderGroup]:
    """The batches of earlier starts, the newest first, with their renders as they are now. Slow.

    Args:
        path: the file; it need not be there.
        jobs: knows the renders.

    Raises:
        TimbreError: if the file cannot be read, or the queue be opened.
    """
    try:
        data = json.loads(path.read_bytes())
        kept = [
            (
                str(one["title"]),
                {str(key): (str(name), float(s)) for key, (name, s) in one["clips"].items()},
                [int(number) for number in one["takes"]],
            )
            for one in data
        ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise TimbreError(
            translate("Batch", "{path} cannot be read: {strerror}").format(
                path=path, strerror=error.strerror
            )
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TimbreError(
            translate(
                "Batch",
                "{path} is damaged, and the batches of earlier are not shown; their takes are "
                "in Takes",
            ).format(path=path)
        ) from error
    groups = []
    for title, clips, ids in kept:
        known = {take.id: take for clip_id in clips for take in jobs.takes(clip_id)}
        takes = [known[number] for number in ids if number in known]
        if takes:
            groups.append(RenderGroup(title, clips, takes))
        else:
            _log.info("the renders of %s are forgotten", title)
    return groups
