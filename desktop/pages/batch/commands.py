"""What is done on the Batch page, by name."""

from __future__ import annotations

from collections.abc import Callable

from desktop.commands import Commands
from desktop.pages.batch.group import RenderGroup
from desktop.pages.batch.page import BatchPage


def add_batch_commands(page: BatchPage, commands: Commands) -> None:
    """Offer what is done with the batch that is shown.

    Args:
        page: where it is done.
        commands: of the window.
    """
    tr, section = page.tr, page.tr("Batch")

    def none_of(are_there: Callable[[RenderGroup], object], words: str) -> Callable[[], str]:
        return lambda: "" if page.group is not None and are_there(page.group) else words

    commands.add(
        "batch.cancel",
        tr("Cancel all renders of the batch"),
        page.cancel_all,
        section=section,
        why_not=none_of(lambda group: group.left, tr("none waits or runs")),
    )
    commands.add(
        "batch.retry",
        tr("Retry what failed of the batch"),
        page.retry_failed,
        section=section,
        why_not=none_of(lambda group: group.failed, tr("nothing failed")),
    )
    commands.add(
        "batch.export",
        tr("Export the batch to a folder"),
        page.choose_folder,
        section=section,
        why_not=none_of(lambda group: group.files, tr("nothing is finished yet")),
    )
