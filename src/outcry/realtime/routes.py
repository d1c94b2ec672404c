"""Server-sent events: the same channel for read-only watchers (SPEC RT-7)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.params import Parameter
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.errors import OutcryError
from outcry.kernel.http import problems
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.settings import Settings
from outcry.realtime.frames import FrameBatch, frames_of, sse_event
from outcry.realtime.hub import Hub
from outcry.realtime.ports import Snapshot

COMMENT = b": still here\n\n"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream:
    """One reader of server-sent events."""

    def __init__(self, hub: Hub, wire: str, viewer: Principal | None, settings: Settings) -> None:
        self._hub = hub
        self._wire = wire
        self._viewer = viewer
        self._heartbeat_seconds = settings.socket_heartbeat_seconds
        self._limit_bytes = settings.socket_buffer_bytes
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._behind = False
        self._something = asyncio.Event()

    async def open(self, since: int | None) -> None:
        """Join the channel. Raises NotFound."""
        await self._hub.subscribe(self, self._wire, self._viewer, since=since, begin=self._begin)

    def _begin(self, snapshot: Snapshot | None, missed: Sequence[StoredEvent], seq: int) -> None:
        if snapshot is not None:
            frame = b'{"type":"snapshot","channel":"%b","seq":%d,"data":%b}' % (
                self._wire.encode(),
                snapshot.seq,
                snapshot.data,
            )
            self._put(sse_event(snapshot.seq, "snapshot", frame))
        for number, kind, frame in frames_of(missed, self._wire):
            self._put(sse_event(number, kind, frame))

    def deliver(self, channel: str, batch: FrameBatch) -> None:
        """From the hub; a reader that is behind gets a snapshot when it has caught up."""
        if self._behind:
            return
        if self._waiting_bytes > self._limit_bytes:
            self._behind = True
            self._hub.slow_watchers += 1
            return
        self._put(batch.sse())

    def resync(self, channel: str) -> None:
        """From the hub: the channel has a hole."""
        self._behind = True
        self._something.set()

    def _put(self, data: bytes) -> None:
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self._something.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """What to send, until the reader goes."""
        try:
            while True:
                if self._waiting:
                    chunk = b"".join(self._waiting)
                    self._waiting.clear()
                    self._waiting_bytes = 0
                    yield chunk
                    continue
                if self._behind:
                    self._behind = False
                    self._hub.unsubscribe(self, self._wire, self._viewer)
                    await self.open(None)
                    continue
                self._something.clear()
                try:
                    async with asyncio.timeout(self._heartbeat_seconds):
                        await self._something.wait()
                except TimeoutError:
                    yield COMMENT
        except OutcryError:
            return
        finally:
            self._hub.unsubscribe(self, self._wire, self._viewer)


@get(
    "/v1/auctions/{auction_id:uuid}/events",
    opt=access(Access.PUBLIC),
    tags=["Real time"],
    summary="An auction's events as server-sent events",
    media_type="text/event-stream",
    responses=problems(401, 404),
)
async def auction_events(
    auction_id: UUID,
    principal: Principal | None,
    hub: Hub,
    settings: Settings,
    last_event_id: Annotated[int | None, Parameter(header="Last-Event-ID", ge=0, le=2**53, required=False)] = None,
) -> Stream:
    """`id:` is the seq; honours `Last-Event-ID`."""
    stream = EventStream(hub, f"auction:{auction_id}", principal, settings)
    await stream.open(last_event_id)
    return Stream(stream.chunks(), media_type="text/event-stream", headers=_HEADERS)


ROUTES: Sequence[ControllerRouterHandler] = [auction_events]
