"""A worker with no models: what a clip is called says what happens to it.

``slow …`` takes half a second and can be cancelled, ``stuck …`` hears nothing, ``crash …``
kills the process, ``crash once …`` only the first time, ``bad …`` fails, ``high …`` has a note
that is left out. Every file that is rendered is also written down in ``$FAKE_WORKER_LOG``, with
the number of items of its batch.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import wave
from pathlib import Path
from typing import Any

from core.files import replacing

LOG = Path(os.environ["FAKE_WORKER_LOG"])
cancelled: set[int] = set()
orders: list[dict[str, Any]] = []
came = threading.Condition()


def say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


def read() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        with came:
            if order["do"] == "cancel":
                cancelled.add(order["batch"])
            else:
                orders.append(order)
            came.notify()
    os._exit(0)


def note(line: str) -> None:
    with LOG.open("a") as log:
        log.write(line + "\n")


def render(number: int, item: dict[str, Any], size: int) -> None:
    name = item["request"]["clip"]["name"]
    once = LOG.with_name("crashed once")
    if name.startswith("crash") and not (name.startswith("crash once") and once.exists()):
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if name.startswith("bad"):
        say(**{"is": "failed"}, batch=number, seq=item["seq"], code="internal", message="no good")
        return
    if name.startswith("high"):
        messages = ["a note is too high"]
        say(**{"is": "limits"}, batch=number, seq=item["seq"], messages=messages)
    for _ in range(10 if name.startswith(("slow", "stuck")) else 0):
        say(**{"is": "progress"}, batch=number, fraction=0.5, stage="rendering")
        time.sleep(0.05 if name.startswith("slow") else 1)
        if number in cancelled and name.startswith("slow"):
            return
    with replacing(item["path"]) as stream, wave.open(stream, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 800))
    note(f"{name} {item['take']} {size}")
    data = {"seq": item["seq"], "take": item["take"], "path": item["path"]}
    say(**{"is": "taken"}, batch=number, **data, sample_rate=8000, frames=800)


def main() -> None:
    threading.Thread(target=read, daemon=True).start()
    while True:
        with came:
            came.wait_for(lambda: bool(orders))
            order = orders.pop(0)
        if order["do"] == "render":
            for item in order["items"]:
                render(order["batch"], item, len(order["items"]))
            say(**{"is": "end"}, batch=order["batch"])


if __name__ == "__main__":
    main()
