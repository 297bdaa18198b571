"""A server in a thread of a program that does something else: the demo, the desktop, tests."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from bridge.host import Host
from bridge.protocol.replies import Welcome
from bridge.server.file_replies import FileReplies
from bridge.server.server import Address, BridgeServer
from bridge.service import BridgeService


@contextlib.contextmanager
def serving(
    service: BridgeService,
    welcome: Welcome,
    address: Address,
    file_replies: FileReplies,
    hosts: Sequence[Host] = (),
) -> Iterator[BridgeServer]:
    """Answer, as :class:`bridge.server.BridgeServer` does, until the block ends.

    Args:
        service, welcome, address, file_replies, hosts: as that class has them.

    Yields:
        The server. Only its ports and its clients' names may be used from outside its thread.

    Raises:
        SettingsError: if a port cannot be had.
    """
    started: Future[tuple[BridgeServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        try:
            server = await BridgeServer.start(service, welcome, address, file_replies, hosts)
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result((server, asyncio.get_running_loop(), stop))
        try:
            await stop.wait()
        finally:
            await server.close()

    def run() -> None:
        # Windows' own loop cannot watch a UDP socket.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, name="bridge server")
    thread.start()
    try:
        server, loop, stop = started.result()
    except BaseException:
        thread.join()
        raise
    try:
        yield server
    finally:
        with contextlib.suppress(RuntimeError):  # the loop ended by itself
            loop.call_soon_threadsafe(stop.set)
        thread.join()
