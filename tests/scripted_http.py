"""An HTTP server at a plain socket that keeps each request and answers by a list."""

import contextlib
import json
import socket
import threading
from collections.abc import Sequence

DROP = b""
"""Close the connection without a byte of answer."""
HANG = b"hang"
"""Say nothing for a second, then close."""


def reply(status: int, body: object = None, *headers: str, raw: bytes | None = None) -> bytes:
    """A whole HTTP answer."""
    content = raw if raw is not None else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + content


class ScriptedHttp:
    """Keeps each request and gives the next answer of the list; after the last it drops."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._is_closing = threading.Event()
        self._connections: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening and wait for all that is under way."""
        self._is_closing.set()
        socket.create_connection(("127.0.0.1", self.port)).close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._server.close()

    def paths(self) -> list[str]:
        """Method and path of each request."""
        return [" ".join(request.decode().split(" ")[:2]) for request in self.requests]

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            connection, _ = self._server.accept()
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while self._exchange(connection):
                pass

    def _exchange(self, connection: socket.socket) -> bool:
        """One request and its answer; False when the connection is over."""
        request = b""
        while b"\r\n\r\n" not in request or not _is_whole(request):
            chunk = connection.recv(65536)
            if not chunk:
                return False
            request += chunk
        self.requests.append(request)
        answer = self._answers.pop(0) if self._answers else DROP
        if answer == HANG:
            self._is_closing.wait(1)
            return False
        if answer == DROP:
            return False
        connection.sendall(answer)
        return True


def _is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    for line in head.decode().lower().split("\r\n"):
        if line.startswith("content-length:"):
            return len(body) >= int(line.partition(":")[2])
    return True
