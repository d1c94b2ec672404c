"""A Redis lock per auction around a transaction: `SET NX PX`, retry after a random while, release by script."""

import asyncio
import random
from uuid import UUID

from bench.rivals.design import Connections, Ids, make_tables, price_of
from bench.rivals.redis_pipe import RedisPipe
from outcry.kernel.ids import new_id

POOL_CONNECTIONS = 8
LOCK_MS = 5_000

_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"
_READ = """
SELECT status = 'live' AND ends_at > clock_timestamp(),
       coalesce(current_price + bid_increment, starting_price), entry_count
FROM auctions WHERE id = $1
"""
# `entry_count = $5` fences off a holder whose lock ran out: a lock with a lifetime alone does not exclude.
_WRITE = """
WITH moved AS (
    UPDATE auctions SET current_price = $4, leader_id = $3, bid_count = bid_count + 1, entry_count = $5 + 1
    WHERE id = $1 AND entry_count = $5 RETURNING id
)
INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount,
                  idempotency_key)
SELECT $1, $5 + 1, $2, $3, $6, 'bid', $4, $4, $4, $7 FROM moved RETURNING seq
"""


class RedisLock:
    """Read, check and one writing statement in PostgreSQL while the auction's lock is held in Redis."""

    def __init__(self, redis_url: str, retry_ms: tuple[float, float]) -> None:
        self.name = f"Redis lock, retry {retry_ms[0]:.0f}-{retry_ms[1]:.0f} ms"
        self._retry_seconds = (retry_ms[0] / 1_000, retry_ms[1] / 1_000)
        self._redis_url = redis_url
        self._connections = Connections()
        self._chance = random.Random(7)

    async def prepare(self, url: str, auctions: int) -> None:
        self._ids = Ids(auctions)
        self._redis = await RedisPipe.connect(self._redis_url)
        await self._redis.call("FLUSHDB")
        self._release = await self._redis.call("SCRIPT", "LOAD", _RELEASE)
        await make_tables(url, auctions)
        await self._connections.open(url, POOL_CONNECTIONS, _READ, _WRITE)

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        lock, token = f"lock:{auction}", f"{bidder}:{key}"
        while not await self._redis.call("SET", lock, token, "NX", "PX", LOCK_MS):  # noqa: ASYNC110
            await asyncio.sleep(self._chance.uniform(*self._retry_seconds))
        try:
            return await self._decide(self._ids.auctions[auction], self._ids.bidders[bidder], bidder, amount, key)
        finally:
            await self._redis.call("EVALSHA", self._release, 1, lock, token)

    async def _decide(self, auction: UUID, bidder: UUID, ordinal: int, amount: int, key: str) -> bool:
        async with self._connections.one() as lane:
            read, write = lane.statements
            live, minimum_bid, seq = await read.fetchrow(auction)
            if not live:
                raise RuntimeError("auction_not_live")
            if amount < minimum_bid:
                return False
            return await write.fetchval(auction, new_id(), bidder, amount, seq, ordinal, key) is not None

    async def price(self, auction: int) -> int:
        return await price_of(self._connections, self._ids.auctions[auction])

    async def close(self) -> None:
        await self._connections.close()
        self._redis.close()
