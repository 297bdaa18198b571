"""What a client may say to the bridge about Live, beside the protocol's own messages."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Annotated

from bridge.protocol.argument_reader import MAX_ID_CHARACTERS
from bridge.protocol.codec import MessageTable
from bridge.protocol.fields import Text
from bridge.protocol.messages import ClientMessage, Render
from bridge.protocol.render_options import RENDER_OPTIONS
from core.settings import RenderSettings

ABLETON_MESSAGES: MessageTable[ClientMessage] = MessageTable("message")


@ABLETON_MESSAGES.add("ableton/render")
@dataclass(frozen=True)
class RenderSelected(ClientMessage):
    """Ask for a render of the clip that is selected in Live.

    Attributes:
        job_id: the client's own; empty takes a new one, for buttons that always say the same.
        preset, seed, takes, model, settings: as :class:`bridge.protocol.Render`.
    """

    job_id: Annotated[str, Text(MAX_ID_CHARACTERS, is_id=True)]
    preset: str
    seed: Annotated[int, RENDER_OPTIONS] = 0
    takes: Annotated[int, RENDER_OPTIONS] = 1
    model: Annotated[str, RENDER_OPTIONS] = ""
    settings: Annotated[RenderSettings, RENDER_OPTIONS] = field(default_factory=RenderSettings)

    def of_clip(self, clip_id: str = "selected") -> Render:
        """The same of a clip that was sent."""
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return Render(clip_id=clip_id, **given)
