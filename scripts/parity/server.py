"""A server on loopback that plays a stage over real connections, faults included."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .stage import Arrived, Stage

HOLDS_FOR = 2.0  # seconds that an answer which does not come is waited for


class StageServer(ThreadingHTTPServer):
    """A server that plays the current stage.

    Attributes:
        stage: The stage on hand.
        held: Whether an answer was held back, as a fault has it.
    """

    daemon_threads = True

    def __init__(self) -> None:
        """Listen on any free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stage = Stage([])
        self.held = False

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: clients that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: StageServer

    def _play(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        play = self.server.stage.arrive(Arrived(self.command, path, query, headers, body))
        if play.fault is not None:
            self._fail(play.fault)
            return
        self.send_response(play.status)
        for name, value in {"content-length": str(len(play.body)), **play.headers}.items():
            if play.status != 204 or name != "content-length":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(play.body)

    do_GET = do_POST = do_PATCH = do_DELETE = _play  # noqa: N815  # the names that the base class looks for

    def _fail(self, fault: str) -> None:
        if fault == "timeout":
            self.server.held = True
            threading.Event().wait(HOLDS_FOR)
        self.close_connection = True
        # No lingering: the connection is reset, not ended.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Print nothing."""


@contextlib.contextmanager
def serving() -> Iterator[StageServer]:
    """Serve until the end of the block."""
    server = StageServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
