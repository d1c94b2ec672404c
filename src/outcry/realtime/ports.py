"""What the hub needs of those whose channels it carries, and of those who watch."""

from typing import Protocol
from uuid import UUID

import msgspec

from outcry.kernel.access import Principal
from outcry.realtime.frames import FrameBatch


class Snapshot(msgspec.Struct, frozen=True):
    """A channel's state at `seq`; `data` is a JSON object."""

    seq: int
    data: bytes


class ChannelSource(Protocol):
    """Tells how a channel stands."""

    async def snapshot(self, identity: UUID, viewer: Principal | None) -> Snapshot:
        """State and seq of one instant, as `viewer` may see it. Raises NotFound, Forbidden."""
        ...

    async def last_seq(self, identity: UUID) -> int:
        """The channel's last committed seq. Raises NotFound."""
        ...


class Watcher(Protocol):
    """Somebody subscribed to a channel."""

    def deliver(self, channel: str, batch: FrameBatch) -> None:
        """Take frames of `channel` (its wire name); must not wait and must not raise."""
        ...
