"""What is done on the Batch page, by name."""

from __future__ import annotations

from collections.abc import Callable

from desktop.commands import Commands
from desktop.pages.batch.group import RenderGroup
from desktop.pages.batch.page import BatchPage
from desktop.translations.words import translate


def add_batch_commands(page: BatchPage, commands: Commands) -> None:
    """Offer what is done with the batch that is shown.

    Args:
        page: where it is done.
        commands: of the window.
    """
    section = translate("Batch", "Batch")

    def none_of(are_there: Callable[[RenderGroup], object], words: str) -> Callable[[], str]:
        return lambda: "" if page.group is not None and are_there(page.group) else words

    commands.add(
        "batch.cancel",
        translate("Batch", "Cancel all renders of the batch"),
        page.cancel_all,
        section=section,
        why_not=none_of(lambda group: group.left, translate("Batch", "none waits or runs")),
    )
    commands.add(
        "batch.retry",
        translate("Batch", "Retry what failed of the batch"),
        page.retry_failed,
        section=section,
        why_not=none_of(lambda group: group.failed, translate("Batch", "nothing failed")),
    )
    commands.add(
        "batch.export",
        translate("Batch", "Export the batch to a folder"),
        page.choose_folder,
        section=section,
        why_not=none_of(lambda group: group.files, translate("Batch", "nothing is finished yet")),
    )
