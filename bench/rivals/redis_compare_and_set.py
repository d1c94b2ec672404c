"""The price in Redis, moved by a Lua compare-and-set; what was accepted is then inserted into PostgreSQL.

Fast, but Redis is the truth: when it loses the price, or the process dies between the two steps, the history and the
price differ.
"""

from bench.rivals.design import INCREMENT, STARTING_PRICE, Connections, Ids, make_tables
from bench.rivals.redis_pipe import RedisPipe
from outcry.kernel.ids import new_id

# Best of 8, 16, 32 and 64 on two cores: the inserts share group commits.
POOL_CONNECTIONS = 32

_COMPARE_AND_SET = """
local price = tonumber(redis.call('HGET', KEYS[1], 'price'))
local offered = tonumber(ARGV[1])
if price and offered < price + tonumber(ARGV[3]) or offered < tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'price', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'seq', 1)
"""
_INSERT = """
INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount,
                  idempotency_key)
VALUES ($1, $2, $3, $4, $5, 'bid', $6, $6, $6, $7)
"""


class RedisCompareAndSet:
    """A script in Redis decides, an `INSERT` makes it durable, then the bidder is answered."""

    def __init__(self, redis_url: str, connections: int = POOL_CONNECTIONS) -> None:
        self.name = "Redis Lua compare-and-set, then insert"
        self._size = connections
        self._redis_url = redis_url
        self._connections = Connections()

    async def prepare(self, url: str, auctions: int) -> None:
        self._ids = Ids(auctions)
        self._redis = await RedisPipe.connect(self._redis_url)
        await self._redis.call("FLUSHDB")
        self._script = await self._redis.call("SCRIPT", "LOAD", _COMPARE_AND_SET)
        await make_tables(url, auctions)
        await self._connections.open(url, self._size, _INSERT)

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        seq = await self._redis.call(
            "EVALSHA", self._script, 1, f"auction:{auction}", amount, STARTING_PRICE, INCREMENT
        )
        if not seq:
            return False
        ids = self._ids
        async with self._connections.one() as lane:
            await lane.statements[0].fetch(
                ids.auctions[auction], seq, new_id(), ids.bidders[bidder], bidder, amount, key
            )
        return True

    async def price(self, auction: int) -> int:
        return int(await self._redis.call("HGET", f"auction:{auction}", "price") or 0)

    async def close(self) -> None:
        await self._connections.close()
        self._redis.close()
