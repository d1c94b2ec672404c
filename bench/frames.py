"""Just enough of the WebSocket protocol for a client that must cost next to nothing."""

import asyncio
import base64
import os
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One final frame; its mask is zero, which is a mask like any other, and free."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + b"\0\0\0\0" + payload
    return bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big") + b"\0\0\0\0" + payload


class ServerFrames:
    """Cuts a server's byte stream into frames; `rest` is the beginning of one that is not whole yet."""

    def __init__(self, rest: bytes = b"") -> None:
        self.rest = rest

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """(opcode, payload) of every frame that is complete now; a message in several frames is refused."""
        if self.rest:
            data = self.rest + data
            self.rest = b""
        frames: list[tuple[int, bytes]] = []
        begin, size = 0, len(data)
        while size - begin >= 2:
            head, length = data[begin], data[begin + 1]
            body = begin + 2
            if length == 126:
                body, length = begin + 4, int.from_bytes(data[begin + 2 : begin + 4], "big")
            elif length == 127:
                body, length = begin + 10, int.from_bytes(data[begin + 2 : begin + 10], "big")
            if size < body + length:
                break
            if not head & 0x80:
                raise ValueError("the server sent a fragmented message")
            frames.append((head & 0x0F, data[body : body + length]))
            begin = body + length
        self.rest = data[begin:]
        return frames


class Socket(asyncio.Protocol):
    """A WebSocket client connection. `received` gets raw bytes once it is open; see `open_socket`."""

    def __init__(self, host: str, path: str) -> None:
        self._host, self._path = host, path
        self._handshake = b""
        self._is_open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received: Callable[[bytes], None] = lambda data: None
        self.lost: Callable[[str], None] = lambda why: None
        self.write: Callable[[bytes], None] = lambda data: None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]
        self.write = transport.write  # type: ignore[attr-defined]
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(
            f"GET {self._path} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._is_open:
            self.received(data)
            return
        self._handshake += data
        head, separator, rest = self._handshake.partition(b"\r\n\r\n")
        if not separator:
            return
        if not head.startswith(b"HTTP/1.1 101"):
            if not self.opened.done():
                self.opened.set_exception(ConnectionError(f"no WebSocket: {head[:200]!r}"))
            return
        self._is_open = True
        self.opened.set_result(None)
        if rest:
            self.received(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        why = str(exc or "the server closed the connection")
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(why))
        self.lost(why)

    def close(self) -> None:
        """Hang up."""
        self.lost = lambda why: None
        if self._transport is not None:
            self._transport.close()


async def open_socket(host: str, port: int, path: str = "/v1/live") -> Socket:
    """Connect and shake hands."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(f"{host}:{port}", path), host, port)
    await socket.opened
    return socket
