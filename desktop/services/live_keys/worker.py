"""The process that plays live: it owns a stream of the engine, and a sound device.

Sound is computed in the device's own callback, so that nothing the window does can delay it.
Orders come on stdin, states go to stdout (:mod:`desktop.services.live_keys.messages`); it ends when
its stdin does. Started by :mod:`desktop.services.live`.
"""

from __future__ import annotations

import gc
import json
import math
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import IO, Any

from core.engines.base import LiveStream
from core.errors import TimbreError
from core.timbre import BlendMode
from core.types import Embedding, FloatArray
from desktop.services.interfaces import LiveState
from desktop.services.live_keys.blend import MovingBlend
from desktop.services.live_keys.engine import LiveEngine
from desktop.services.live_keys.known_timbres import KnownTimbres, PresetDeleted
from desktop.services.live_keys.messages import state_to_line
from desktop.services.live_keys.midi_inputs import MidiInputs

BLOCK = 256
"""Samples that a device asks for at once: 5.8 ms."""

_REPORT_S = 0.04
_WARM_BLOCKS = 8


class LivePlayer:
    """Carries out orders.

    Args:
        answers: where states go.
        load_backend: gives what stands for ``sounddevice``; None chooses.
    """

    def __init__(self, answers: IO[str], load_backend: Callable[[], Any] | None = None) -> None:
        self._answers = answers
        self._load_backend = load_backend or _chosen_backend
        self._backend: Any = None
        self._timbres = KnownTimbres(lambda words: self._tell(words=words))
        self.engine: LiveEngine | None = None
        self._gain_db = 0.0
        self._device_stream: Any = None
        self._device = ""
        self._state = LiveState()
        self._dropouts = 0
        self._midi = MidiInputs()
        self._wishes: queue.Queue[Callable[[], None]] = queue.Queue()
        self._moving = threading.Lock()
        self._blend: tuple[int, MovingBlend] | None = None
        self._weights_problem = ""
        self._weights: tuple[int, list[float], float | None] = (0, [], None)
        self._telling = threading.Lock()
        self._told = ""

    def read(self, orders: Iterable[str]) -> None:
        """Carry out orders until there are no more; what takes time is left to :meth:`run`."""
        for line in orders:
            about, *arguments = json.loads(line)
            if about == "preset":
                self._wishes.put(partial(self.begin, *arguments))
            elif about == "blend":
                self._wishes.put(partial(self.begin_blend, *arguments))
            elif about == "weights":
                self.move(*arguments)
            elif about == "end":
                return
            elif self.engine is not None:
                self._play(self.engine, about, arguments)

    @staticmethod
    def _play(engine: LiveEngine, about: str, arguments: list[Any]) -> None:
        if about == "on":
            pitch, velocity, pressed_at = arguments
            engine.note_on(pitch, velocity, pressed_at)
        elif about == "off":
            engine.note_off(arguments[0])
        elif about == "all off":
            engine.all_notes_off()

    def run(self) -> None:
        """Begin presets as they are asked for, and tell how it stands, for ever."""
        while True:
            try:
                wish = self._wishes.get(timeout=_REPORT_S)
            except queue.Empty:
                self.measure_next_pair()
                self.report()
                continue
            if self._wishes.empty():  # else a newer wish waits
                wish()
                gc.collect()
                gc.freeze()  # or a collection walks through the whole model in a callback

    def begin(self, preset_id: str, device: str) -> None:
        """Play a preset through a device from now on; an error becomes the state's problem."""
        self._try(lambda: self._begin(preset_id, device))

    def begin_blend(
        self, number: int, parts: list[tuple[str, float]], mode: BlendMode, device: str
    ) -> None:
        """Play a blend through a device from now on; an error becomes the state's problem.

        Args:
            number: by which :meth:`move` knows it.
            parts: ids of presets and their weights.
            mode: as of :class:`core.timbre.Blend`.
            device: empty for the system's own.
        """
        self._try(lambda: self._begin_blend(number, parts, mode, device))

    def move(self, number: int, weights: list[float], moved_at: float | None) -> None:
        """Move the blend's weights; those of one that is not there yet wait for it.

        Args:
            number: of the blend.
            weights: of its parts.
            moved_at: when, by ``time.perf_counter``.
        """
        with self._moving:
            if number < self._weights[0]:
                return
            self._weights = number, weights, moved_at
            problem = ""
            try:
                self._mix()
            except TimbreError as error:
                problem = str(error)
        if problem != self._weights_problem:
            self._weights_problem = problem
            self._tell(problem=problem, deleted="")

    def measure_next_pair(self) -> None:
        """Learn a little more of how loud the blend is, if there is one."""
        blend = self._blend
        if blend is not None and blend[1].measure_next(self._timbres.synth.gain_db):
            with self._moving:
                self._mix()

    def _mix(self) -> None:
        number, weights, moved_at = self._weights
        blend, engine = self._blend, self.engine
        if blend is None or engine is None or blend[0] != number:
            return
        embedding = blend[1].embedding(weights)
        self._gain_db = blend[1].gain_db(weights)
        engine.set_timbre(embedding, moved_at)
        self._weights = number, weights, None  # it is told of once

    def _try(self, begin: Callable[[], None]) -> None:
        try:
            begin()
        except PresetDeleted as error:
            self._tell(words="", problem=str(error), deleted=error.preset_id)
        except TimbreError as error:
            self._tell(words="", problem=str(error), deleted="")
        except Exception as error:
            traceback.print_exception(error)
            self._tell(words="", problem=f"{type(error).__name__}: {error}", deleted="")
        else:
            self._tell(words="", problem="", deleted="")

    def report(self) -> None:
        """Tell how it stands, if that has changed."""
        engine = self.engine
        if engine is None:
            return
        delay_s, moved_s = engine.key_to_sound_s, engine.move_to_sound_s
        self._tell(
            level_db=round(engine.level_db, 1) if math.isfinite(engine.level_db) else -math.inf,
            key_to_sound_ms=None if delay_s is None else round(1000 * delay_s, 1),
            move_to_sound_ms=None if moved_s is None else round(1000 * moved_s, 1),
            dropouts=self._dropouts,
            midi_inputs=self._midi.names,
            midi_problem=self._midi.problem,
            midi_keys=self._midi.keys_down,
        )

    def _begin(self, preset_id: str, device: str) -> None:
        ((embedding, gain_db),) = self._timbres.of([preset_id])
        with self._moving:
            self._blend, self._gain_db = None, gain_db
            self._sound(embedding)
        self._open_if_other(device)

    def _begin_blend(
        self, number: int, parts: list[tuple[str, float]], mode: BlendMode, device: str
    ) -> None:
        timbres = self._timbres.of([preset_id for preset_id, _ in parts])
        embeddings, gains_db = zip(*timbres, strict=True)
        blend = MovingBlend(embeddings, gains_db, mode)
        with self._moving:
            if self._weights[0] != number:
                self._weights = number, [weight for _, weight in parts], None
            weights = self._weights[1]
            embedding, self._gain_db = blend.embedding(weights), blend.gain_db(weights)
            self._blend = number, blend
            self._sound(embedding)
        self._open_if_other(device)

    def _sound(self, embedding: FloatArray) -> None:
        """Go over to a timbre, whose gain is set; the first one brings the engine."""
        if self.engine is None:
            stream = self._stream(embedding)
            stream.note_on(60, 1)
            for _ in range(_WARM_BLOCKS):  # what is made when it is first needed is made now
                stream.process(BLOCK)
            self.engine = LiveEngine(self._stream(embedding))
        else:
            self.engine.set_timbre(embedding)

    def _open_if_other(self, device: str) -> None:
        self._midi.listen(lambda: self.engine)
        if self._device_stream is None or device != self._device:
            self._open(device)

    def _stream(self, embedding: Embedding) -> LiveStream:
        from core.leveling.stream import LeveledStream

        # The gain is looked up or measured before a timbre comes: the callback cannot wait.
        stream = self._timbres.synth.engine.stream(embedding)
        return LeveledStream(stream, self._gain_db, lambda _embedding: self._gain_db)

    def _open(self, device: str) -> None:
        from core.audio.output_devices import PlaybackUnavailable, choose_output_device

        self._backend = self._backend or self._load_backend()
        chosen = choose_output_device(device or None, self._backend)
        if self._device_stream is not None:
            self._device_stream.close()
            self._device_stream = None
        assert self.engine is not None
        channels = min(2, chosen.channels)
        try:
            stream = self._backend.OutputStream(
                samplerate=self.engine.sample_rate,
                device=chosen.index,
                channels=channels,
                dtype="float32",
                blocksize=BLOCK,
                latency="low",
                callback=self.fill,
            )
            stream.start()
        except self._backend.PortAudioError as error:
            raise PlaybackUnavailable(f"{chosen.name} does not play: {error}") from error
        self.engine.output_s = float(getattr(stream, "latency", 0.0))
        self._device_stream, self._device = stream, device

    def fill(self, out: FloatArray, frames: int, _time: Any, status: Any) -> None:
        """What the device calls for its next frames, float32 [frames, channels]."""
        if status is not None and getattr(status, "output_underflow", False):
            self._dropouts += 1
        if self.engine is not None:
            out[:] = self.engine.block(frames)[:, None]

    def _tell(self, **changes: Any) -> None:
        with self._telling:
            self._state = replace(self._state, **changes)
            line = state_to_line(self._state)
            if line != self._told:
                self._told = line
                self._answers.write(line + "\n")
                self._answers.flush()


def _chosen_backend() -> Any:
    from desktop.services.audio_backend import load_audio_backend

    return load_audio_backend()


def _end_with_stdin(player: LivePlayer) -> None:
    player.read(sys.stdin)
    os._exit(0)  # at once: who listened is gone


def main() -> None:
    """Entry point of the process."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    player = LivePlayer(answers)
    threading.Thread(target=_end_with_stdin, args=(player,), daemon=True).start()
    player.run()


if __name__ == "__main__":
    main()
