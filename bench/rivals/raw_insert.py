"""No decisions at all: rows of bids inserted 256 a statement, the upper bound for anything that writes them."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from bench.rivals.design import auction_id, bidder_id, make_tables
from outcry.kernel.ids import new_id

ROWS = 256
STATEMENTS = 800
# Best of 1, 2, 3 and 4 on two cores.
CONNECTIONS = 2

INSERT = """
INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount,
                  placed_at, idempotency_key, entry_hash)
SELECT a, s, i, b, o, 'bid', m, m, m, clock_timestamp(), k, h
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::int[], $6::bigint[], $7::text[], $8::bytea[])
     AS t(a, s, i, b, o, m, k, h)
"""


async def raw_insert_rows_per_second(
    url: str,
    *,
    auctions: int,
    statements: int = STATEMENTS,
    connections: int = CONNECTIONS,
    prepare: Callable[[str, int], Awaitable[None]] = make_tables,
) -> float:
    """Durable rows a second into the empty database `url`; every statement is its own commit.

    The rows are made before the clock starts. `prepare` makes the tables; the rivals' are as the product's.
    """
    await prepare(url, auctions)
    batches = _batches(auctions, statements)
    lanes = [await asyncpg.connect(url, server_settings={"jit": "off"}) for _ in range(connections)]
    inserts = [await lane.prepare(INSERT) for lane in lanes]
    try:
        began = time.perf_counter()
        await asyncio.gather(*(_insert_all(insert, batches) for insert in inserts))
        return ROWS * statements / (time.perf_counter() - began)
    finally:
        for lane in lanes:
            await lane.close()


async def _insert_all(insert: Any, batches: list[tuple[list[Any], ...]]) -> None:
    while batches:
        await insert.fetch(*batches.pop())


def _batches(auctions: int, statements: int) -> list[tuple[list[Any], ...]]:
    ids = [auction_id(number) for number in range(auctions)]
    bidders = [bidder_id(number) for number in range(ROWS)]
    hashes = [os.urandom(32) for _ in range(ROWS)]
    batches: list[tuple[list[Any], ...]] = []
    for number in range(statements):
        places = range(number * ROWS, (number + 1) * ROWS)
        seqs = [place // auctions + 1 for place in places]
        batches.append(
            (
                [ids[place % auctions] for place in places],
                seqs,
                [new_id() for _ in places],
                bidders,
                list(range(ROWS)),
                [1_000 + 100 * seq for seq in seqs],
                [f"{number}-{place}" for place in places],
                hashes,
            )
        )
    batches.reverse()
    return batches
