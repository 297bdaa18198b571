"""What a client may say to the bridge about Live, beside the protocol's own messages."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import PurePath
from typing import Annotated

from bridge.protocol.argument_reader import MAX_ID_CHARACTERS
from bridge.protocol.codec import MessageTable
from bridge.protocol.fields import Text
from bridge.protocol.messages import ClientMessage, Render
from bridge.protocol.render_options import RENDER_OPTIONS, check_timbre
from core.settings import RenderSettings

ABLETON_MESSAGES: MessageTable[ClientMessage] = MessageTable("message")


@ABLETON_MESSAGES.add("ableton/render")
@dataclass(frozen=True)
class RenderSelected(ClientMessage):
    """Ask for a render of the clip that is selected in Live.

    Attributes:
        job_id: the client's own; empty takes a new one, for buttons that always say the same.
        preset, seed, takes, model, settings, text, audio, blend: as
            :class:`bridge.protocol.Render`.
    """

    job_id: Annotated[str, Text(MAX_ID_CHARACTERS, is_id=True)]
    preset: str
    seed: Annotated[int, RENDER_OPTIONS] = 0
    takes: Annotated[int, RENDER_OPTIONS] = 1
    model: Annotated[str, RENDER_OPTIONS] = ""
    settings: Annotated[RenderSettings, RENDER_OPTIONS] = field(default_factory=RenderSettings)
    text: Annotated[str, RENDER_OPTIONS] = ""
    audio: Annotated[str, RENDER_OPTIONS] = ""
    blend: Annotated[str, RENDER_OPTIONS] = ""

    def check(self) -> None:
        """Refuse two timbres; as :meth:`bridge.protocol.Message.check`."""
        check_timbre(self.preset, self.text, self.audio, self.blend)

    @property
    def named_file(self) -> str:
        """The recording; as :attr:`bridge.protocol.ClientMessage.named_file`."""
        return self.audio

    @property
    def timbre_name(self) -> str:
        """What the clip in Live is called after."""
        return self.preset or self.text or self.blend or PurePath(self.audio).stem

    def of_clip(self, clip_id: str = "selected") -> Render:
        """The same of a clip that was sent."""
        given = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return Render(clip_id=clip_id, **given)
