"""One window per user and home: a second start asks the first one to come to the front."""

from __future__ import annotations

import getpass
import hashlib

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtNetwork import QLocalServer, QLocalSocket

from core.paths import data_dir

_RAISE = b"raise\n"
_ANSWER_MS = 1000
"""How long a first window, if there is one, may take to take a connection. One that hangs is
taken for dead then, and a second window opens: better than none."""


def usual_name() -> str:
    """Of this user's window with this ``TIMBRE_HOME``; short, since a socket's path has limits."""
    whose = f"{getpass.getuser()}\n{data_dir()}"
    return (
        f"timbre-bridge-{hashlib.sha256(whose.encode(errors='surrogateescape')).hexdigest()[:16]}"
    )


class SingleInstance(QObject):
    """See the module's first line.

    Args:
        name: what both starts call the place where they meet.
        parent: as of any QObject.

    Attributes:
        raise_wanted: the program was started again.
    """

    raise_wanted = pyqtSignal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._server: QLocalServer | None = None

    def is_first(self) -> bool:
        """Whether no other window is open; if one is, it is asked to come to the front.

        Where no such place can be made (a read-only folder for sockets), every start is a
        first one.
        """
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(_ANSWER_MS):
            socket.write(_RAISE)
            socket.waitForBytesWritten(_ANSWER_MS)
            socket.disconnectFromServer()
            return False
        QLocalServer.removeServer(self._name)  # what a crash left behind
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._answer)
        if server.listen(self._name):
            self._server = server
        return True

    def close(self) -> None:
        """Let another start be the first."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _answer(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()):
            socket.disconnected.connect(socket.deleteLater)
            self.raise_wanted.emit()
