"""A server on loopback that speaks as much of the Hugging Face hub as a download needs.

It answers HEAD and GET of ``/OWNER/NAME/resolve/REVISION/PATH`` with the commit, an ETag
(the sha256, as the hub gives it for large files), the length, and byte ranges; for large
files it can redirect to a storage of its own (``/storage/…``), and state the file's hash
and size in ``X-Linked-…`` headers, as the hub does. It can be told to misbehave.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """What the hub serves, how it misbehaves, and what it was asked.

    Attributes:
        files: ``OWNER/NAME/PATH`` to content.
        commit: what any revision resolves to.
        break_after: send this many bytes of a GET's body and drop the connection; the
            number of GETs this happens to is the list's length.
        corrupt: send every body with its first byte changed.
        states_sha256: give sha256 as ETag; otherwise a 40-digit git hash, as for small files.
        ignores_range: answer ranges with the whole file.
        redirects: answer with the place in the storage, which has tags of its own.
        requests: method, path and Range header of every request.
    """

    files: dict[str, bytes]
    commit: str = COMMIT
    break_after: list[int] = field(default_factory=list)
    corrupt: bool = False
    states_sha256: bool = True
    ignores_range: bool = False
    redirects: bool = False
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    url: str = ""

    def etag(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        return digest if self.states_sha256 else digest[:40]

    def gets(self) -> list[tuple[str, str | None]]:
        """File name and Range header of every GET."""
        return [
            (path.rsplit("/", 1)[-1], wanted)
            for method, path, wanted in self.requests
            if method == "GET"
        ]


@contextmanager
def serving(hub: FakeHub) -> Iterator[FakeHub]:
    """Run the hub on a free port of 127.0.0.1 until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(send_body=False)

        def do_GET(self) -> None:
            self._answer(send_body=True)

        def _answer(self, send_body: bool) -> None:
            wanted = self.headers.get("Range")
            hub.requests.append((self.command, self.path, wanted))
            if "Authorization" in self.headers:
                hub.authorizations.append(self.headers["Authorization"])
            in_storage = self.path.startswith("/storage/")
            wanted_path = self.path.removeprefix("/storage")
            owner, name, _resolve, _revision, *path = wanted_path.lstrip("/").split("/")
            content = hub.files.get("/".join([owner, name, *path]))
            if content is None:
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if hub.redirects and not in_storage:
                self.send_response(302)
                self.send_header("Location", f"{elsewhere}/storage{self.path}")
                self.send_header("ETag", '"of-the-redirect"')
                self.send_header("X-Linked-Etag", f'"{hub.etag(content)}"')
                self.send_header("X-Linked-Size", str(len(content)))
                self.send_header("X-Repo-Commit", hub.commit)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            start = 0
            if wanted and not hub.ignores_range:
                start = int(wanted.removeprefix("bytes=").split("-")[0])
            body = content[start:]
            if hub.corrupt and start == 0:
                body = bytes([body[0] ^ 1]) + body[1:]
            self.send_response(206 if start else 200)
            if in_storage:
                self.send_header("ETag", '"of-the-storage"')
            else:
                self.send_header("ETag", f'"{hub.etag(content)}"')
                self.send_header("X-Repo-Commit", hub.commit)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(body)))
            if start:
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"
                )
            self.end_headers()
            if not send_body:
                return
            if hub.break_after:
                self.wfile.write(body[: hub.break_after.pop(0)])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    # To the client another host, which it follows to only for the bytes.
    elsewhere = f"http://localhost:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
