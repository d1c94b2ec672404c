"""The socket's carrier: uvicorn's WebSocket protocol with a short cut for `/v1/live` (DESIGN "Fan-out").

A client's frames are small, whole and masked; they are read from the bytes as they arrive and answered by writing
ready frames to the transport, without a queue, a task or a second framing between. Anything unusual (fragments,
pings, closes) goes through the complete parser that every other path uses.
"""

import asyncio
import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.http11 import Request

try:
    from websockets.speedups import apply_mask
except ImportError:  # the pure Python one is the same, only slower
    from websockets.utils import apply_mask

from outcry.realtime.conversation import CLOSE_TOO_BIG, Conversation, LiveParts
from outcry.realtime.turn import Outlet, Turn

LIVE_PATH = "/v1/live"
_TEXT_FINAL = 0x81
_MASKED = 0x80
CLOSE_GRACE_SECONDS = 5.0


class LiveProtocol(WebSocketsSansIOProtocol):
    """One connection. Subclassed by `make_protocol` with the parts of the process."""

    parts: LiveParts
    turn: Turn

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._conversation: Conversation | None = None
        self._buffer = b""
        self._outlet: Outlet | None = None
        self._max_frame_bytes = self.parts.settings.socket_frame_bytes

    def handle_connect(self, event: Request) -> None:
        """The handshake: ours for the live path, uvicorn's for any other."""
        if event.path.partition("?")[0] != LIVE_PATH:
            super().handle_connect(event)
            return
        self.request = event
        self.response = self.conn.accept(event)
        self.handshake_initiated = self.handshake_complete = True
        self.conn.send_response(self.response)
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.response.status_code != 101:
            self.close_sent = True
            self.transport.close()
            return
        limit = self.parts.settings.socket_buffer_bytes
        self.transport.set_write_buffer_limits(high=limit, low=limit // 4)
        # The kernel would hold megabytes for a client that stopped reading before we noticed.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limit)
        self._outlet = Outlet(self.turn, self.transport)
        self._conversation = Conversation(self.parts, self, self._outlet)
        self.start_keepalive()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client: every whole frame in them is handled before we return."""
        conversation = self._conversation
        if conversation is None:
            super().data_received(data)
            return
        buffer = self._buffer + data if self._buffer else data
        position, size = 0, len(buffer)
        while size - position >= 2 and not self.close_sent:
            length = buffer[position + 1] & 0x7F
            header = 2
            if length == 126:
                header = 4
                if size - position < header:
                    break
                length = int.from_bytes(buffer[position + 2 : position + 4], "big")
            elif length == 127:
                header = 10
                if size - position < header:
                    break
                length = int.from_bytes(buffer[position + 2 : position + 10], "big")
            if length > self._max_frame_bytes:
                conversation.close(CLOSE_TOO_BIG, "the frame is too large")
                break
            masked = buffer[position + 1] & _MASKED
            end = position + header + (4 if masked else 0) + length
            if end > size:
                break
            if buffer[position] == _TEXT_FINAL and masked and self.conn.parser_exc is None:
                start = position + header + 4
                mask = buffer[position + header : start]
                payload = buffer[start:end]
                conversation.heard(payload if mask == b"\0\0\0\0" else apply_mask(payload, mask))
            else:
                super().data_received(buffer[position:end])
            position = end
        self._buffer = b"" if self.close_sent else buffer[position:]

    def send_receive_event_to_app(self) -> None:
        """A message that came by the complete parser."""
        if self._conversation is None:
            super().send_receive_event_to_app()
            return
        payload, self.frames = b"".join(self.frames), []
        if len(payload) > self._max_frame_bytes:
            self._conversation.close(CLOSE_TOO_BIG, "the message is too large")
        else:
            self._conversation.heard(payload)

    def resume_writing(self) -> None:
        """The client caught up."""
        super().resume_writing()
        if self._conversation is not None:
            self._conversation.drained()

    def close_with(self, code: int, reason: str) -> None:
        """Say why, then close; a client that does not answer is cut off."""
        if self.close_sent or self.transport.is_closing():
            return
        if self._outlet is not None:
            self._outlet.send()
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        # A client that is too slow to read will not read this either.
        self.close_timer = self.loop.call_later(CLOSE_GRACE_SECONDS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone, for whatever reason."""
        if self._conversation is not None:
            self._conversation.ended()
        super().connection_lost(exc)


def make_protocol(parts: LiveParts) -> type[LiveProtocol]:
    """The class to give uvicorn as `ws`."""
    return type("BoundLiveProtocol", (LiveProtocol,), {"parts": parts, "turn": Turn()})
