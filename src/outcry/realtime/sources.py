"""The channels that exist: `auction:ID` for all, `user` for its owner."""

from uuid import UUID

from outcry.auctions.browsing import AuctionChannel
from outcry.kernel import outbox
from outcry.kernel.access import Principal
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import Forbidden
from outcry.realtime.ports import Snapshot
from outcry.realtime.viewers import Viewers


class AuctionSource:
    """An auction's watchers."""

    def __init__(self, auctions: AuctionChannel, viewers: Viewers) -> None:
        self._auctions = auctions
        self._viewers = viewers

    async def snapshot(self, identity: UUID, viewer: Principal | None) -> Snapshot:
        """The auction, its newest bids, the viewer's own place, and how many watch."""
        seq, data = await self._auctions.snapshot(identity, viewer)
        return Snapshot(seq, data[:-1] + b',"viewers":%d}' % self._viewers.count(identity))

    async def last_seq(self, identity: UUID) -> int:
        """The auction's own count."""
        return await self._auctions.last_seq(identity)


class UserSource:
    """A person's own events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def snapshot(self, identity: UUID, viewer: Principal | None) -> Snapshot:
        """Nothing but where the channel stands: what happened is in lists of its own."""
        if viewer is None or viewer.user_id != identity:
            raise Forbidden("This is somebody else's channel")
        return Snapshot(await self.last_seq(identity), b'{"user_id":"%b"}' % str(identity).encode())

    async def last_seq(self, identity: UUID) -> int:
        """As `channels` counts it."""
        async with self._database.transaction(SYSTEM) as tx:
            return await outbox.last_seq(await tx.driver(), f"user:{identity}")
