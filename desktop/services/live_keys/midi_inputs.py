"""Keyboards on MIDI ports, by mido over python-rtmidi (the extra ``midi``).

All ports are listened to: whoever plugs a keyboard in wants it heard.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from desktop.services.live_keys.engine import LiveEngine

_log = logging.getLogger(__name__)
_SUSTAIN = 64
_THROUGH = "through"
"""ALSA's port that gives back what programs send to it."""


class MidiInputs:
    """See the module's first lines.

    Attributes:
        names: of ports that are listened to.
        problem: why none can be; empty if they can.
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.problem = ""
        self._ports: list[Any] = []
        self._down: set[int] = set()
        self._engine: Callable[[], LiveEngine | None] = lambda: None

    @property
    def keys_down(self) -> tuple[int, ...]:
        """Keys that are held, in order."""
        return tuple(sorted(self._down.copy()))

    def listen(self, engine: Callable[[], LiveEngine | None]) -> None:
        """Open ports that are new.

        Args:
            engine: gives what plays, if anything does.
        """
        self._engine = engine
        try:
            import mido

            found = [name for name in mido.get_input_names() if _THROUGH not in name.casefold()]
        except ImportError:
            self.problem = "MIDI keyboards need the extra 'midi': uv sync --extra midi"
            return
        except Exception as error:  # each system's driver has errors of its own
            self.problem = f"MIDI keyboards cannot be asked for: {error}"
            return
        for name in found:
            if name in self.names:
                continue
            try:
                self._ports.append(mido.open_input(name, callback=self.take))
            except Exception as error:
                _log.warning("%s cannot be opened: %s", name, error)
                self.problem = f"{name} cannot be listened to: {error}"
            else:
                self.names = (*self.names, name)

    def take(self, message: Any) -> None:
        """Play a message of mido's."""
        engine = self._engine()
        if engine is None:
            return
        if message.type == "note_on" and message.velocity > 0:
            self._down.add(message.note)
            engine.note_on(message.note, message.velocity, time.perf_counter())
        elif message.type in ("note_on", "note_off"):
            self._down.discard(message.note)
            engine.note_off(message.note)
        elif message.type == "pitchwheel":
            engine.wheel(message.pitch / 8192)
        elif message.type == "control_change" and message.control == _SUSTAIN:
            engine.pedal(message.value >= 64)
        elif message.type == "control_change" and message.control in (120, 123):
            self._down.clear()
            engine.all_notes_off()
