"""A rival that breaks its own rules would be a straw man: each keeps prices rising under concurrent bidders."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from bench.engine import Workload
from bench.postgres import BenchPostgres
from bench.rivals.design import Design, auction_id
from bench.rivals.function import DatabaseFunction
from bench.rivals.raw_insert import ROWS, raw_insert_rows_per_second
from bench.rivals.redis_compare_and_set import RedisCompareAndSet
from bench.rivals.redis_lock import RedisLock
from bench.rivals.row_lock import RowLock
from bench.rivals.row_lock_whole import WholeRowLock

AUCTIONS = 4
BIDDERS = 32
BIDS_EACH = 10

MAKERS: list[Callable[[str], Design]] = [
    lambda redis_url: RowLock(),
    lambda redis_url: WholeRowLock(),
    lambda redis_url: DatabaseFunction(),
    lambda redis_url: RedisLock(redis_url, (2, 10)),
    RedisCompareAndSet,
]


@pytest.fixture
def empty_database(database_url: str, tmp_path: Path) -> Iterator[str]:
    with BenchPostgres(database_url, tmp_path).fresh_database() as url:
        yield url


async def _fight(design: Design, url: str) -> tuple[dict[int, list[int]], list[int]]:
    """Everyone bids at once; what was accepted, and the final prices, by auction."""
    accepted: dict[int, list[int]] = {auction: [] for auction in range(AUCTIONS)}
    workload = Workload(AUCTIONS, "rising", seed=1)

    async def bidder(number: int) -> None:
        for bid in range(BIDS_EACH):
            auction, amount = workload.next_bid()
            if await design.bid(auction, number, amount, f"{number}-{bid}"):
                accepted[auction].append(amount)

    await design.prepare(url, AUCTIONS)
    try:
        await asyncio.gather(*(bidder(number) for number in range(BIDDERS)))
        return accepted, [await design.price(auction) for auction in range(AUCTIONS)]
    finally:
        await design.close()


@pytest.mark.parametrize("make", MAKERS, ids=["lock", "whole-lock", "function", "redis-lock", "redis-compare-and-set"])
def test_accepted_bids_strictly_rise_and_are_all_in_the_history(
    make: Callable[[str], Design], empty_database: str, redis_url: str
) -> None:
    accepted, prices = asyncio.run(_fight(make(redis_url), empty_database))

    with psycopg.connect(empty_database) as connection:
        for auction in range(AUCTIONS):
            history = connection.execute(
                "SELECT seq, kind, amount, max_amount FROM bids WHERE auction_id = %s ORDER BY seq",
                (auction_id(auction),),
            ).fetchall()
            # A leader who bids again raises its maximum and shows nothing; what is automatic nobody offered. So prices
            # shown rise, while an offer under a raised maximum may be lower than the one before it.
            shown = [amount for _, kind, amount, _ in history if kind != "raise"]
            offers = [maximum for _, kind, _, maximum in history if kind != "auto"]
            assert accepted[auction], "nobody bid here: the test shows nothing"
            assert [seq for seq, *_ in history] == list(range(1, len(history) + 1))
            assert all(lower < higher for lower, higher in pairwise(shown))
            assert sorted(offers) == sorted(accepted[auction])
            assert prices[auction] == shown[-1]


def test_a_repeated_key_is_never_inserted_twice(empty_database: str) -> None:
    async def bid_twice() -> None:
        design = RowLock()
        await design.prepare(empty_database, 1)
        try:
            assert await design.bid(0, 1, 1_000, "same")
            with pytest.raises(Exception, match="uq_bids_key"):
                await design.bid(0, 1, 2_000, "same")
            assert await design.price(0) == 1_000
            assert await design.bid(0, 2, 2_000, "other")
        finally:
            await design.close()

    asyncio.run(bid_twice())


def test_raw_insert_writes_every_row(empty_database: str) -> None:
    assert asyncio.run(raw_insert_rows_per_second(empty_database, auctions=3, statements=4)) > 0

    with psycopg.connect(empty_database) as connection:
        found = connection.execute("SELECT count(*), count(DISTINCT auction_id) FROM bids").fetchone()
    assert found == (4 * ROWS, 3)
