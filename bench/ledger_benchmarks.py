"""The ledger: many transfers a call against one transaction for each, with the same duties and the same tables."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import psycopg

from bench.context import Context
from bench.cpu import cpu_seconds
from bench.stats import number, table
from outcry.kernel import migrations
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ids import new_id
from outcry.ledger import accounts
from outcry.ledger.accounts import Account
from outcry.ledger.audit import audit_ledger
from outcry.ledger.service import Ledger, Transfer, legs

WALLETS = 1_000
STAKE = 10**9
BATCH_TRANSFERS = 256
BATCH_CONNECTIONS = 2
SINGLE_CONNECTIONS = 16
BATCHED, SINGLE_POST, USUAL = "ledger, 256 transfers a call", "ledger, one a call", "one transaction per transfer"

_SYSTEM = "SELECT set_config('app.role', 'system', false)"
_LOCK = "SELECT id, balance, entry_count FROM ledger_accounts WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
_TRANSFER = (
    "INSERT INTO ledger_transfers (id, key, kind, at) VALUES (%s, %s, 'pay', clock_timestamp())"
    " ON CONFLICT (key) DO NOTHING"
)
_ENTRIES = (
    "INSERT INTO ledger_entries (account_id, seq, transfer_id, amount, balance_after)"
    " VALUES (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s)"
)
_BALANCE = "UPDATE ledger_accounts SET balance = balance + %s, entry_count = entry_count + 1 WHERE id = %s"


class Figure(msgspec.Struct, frozen=True):
    """One run: transfers a second, and PostgreSQL's processor time for each."""

    per_second: float
    database_cpu_us: float


class Market:
    """Wallets with money in a fresh database, and who pays whom."""

    def __init__(self, url: str, hot: bool, seed: int) -> None:
        self.url = url
        self.wallets = [accounts.available(UUID(int=1 + number), "USD") for number in range(WALLETS)]
        self._hot = accounts.fees("USD") if hot else None
        self._dice = random.Random(seed)

    async def prepare(self) -> None:
        await asyncio.to_thread(migrations.upgrade, self.url)
        database = Database(self.url, pool_connections=2)
        async with database.transaction(SYSTEM) as tx:
            fund = accounts.grants("USD")
            opened = [*self.wallets, accounts.fees("USD")]
            gifts = [Transfer(f"fund:{one.id}", "grant", legs((fund, -STAKE), (one, STAKE))) for one in opened]
            await Ledger().post(await tx.driver(), gifts)
        await database.close()

    def payment(self) -> tuple[str, Account, Account]:
        """A new key, who pays and who is paid."""
        source, target = self._dice.sample(self.wallets, 2)
        return str(new_id()), source, self._hot or target


Worker = Callable[[psycopg.AsyncConnection[tuple[object, ...]], Market], Awaitable[int]]


async def _posted(connection: psycopg.AsyncConnection[tuple[object, ...]], market: Market, count: int) -> int:
    payments = [market.payment() for _ in range(count)]
    transfers = [Transfer(key, "pay", legs((source, -1), (target, 1))) for key, source, target in payments]
    async with connection.transaction():
        await Ledger().post(connection, transfers)
    return count


async def _batch(connection: psycopg.AsyncConnection[tuple[object, ...]], market: Market) -> int:
    return await _posted(connection, market, BATCH_TRANSFERS)


async def _single(connection: psycopg.AsyncConnection[tuple[object, ...]], market: Market) -> int:
    return await _posted(connection, market, 1)


async def _usual(connection: psycopg.AsyncConnection[tuple[object, ...]], market: Market) -> int:
    """What a service usually does: lock both rows, look, write, commit; every duty of the ledger, statement by one."""
    key, source, target = market.payment()
    transfer_id = new_id()
    async with connection.transaction():
        cursor = await connection.execute(_LOCK, ([source.id, target.id],))
        found = {row[0]: (int(str(row[1])), int(str(row[2]))) for row in await cursor.fetchall()}
        if found[source.id][0] < 1:
            raise RuntimeError("a wallet ran dry")
        if (await connection.execute(_TRANSFER, (transfer_id, key))).rowcount != 1:
            raise RuntimeError("a key came twice")
        sides = [
            (account.id, found[account.id][1] + 1, transfer_id, change, found[account.id][0] + change)
            for account, change in ((source, -1), (target, 1))
        ]
        await connection.execute(_ENTRIES, (*sides[0], *sides[1]))
        for account, change in sorted(((source, -1), (target, 1)), key=lambda side: side[0].id):
            await connection.execute(_BALANCE, (change, account.id))
    return 1


_DESIGNS: dict[str, tuple[Worker, int]] = {
    BATCHED: (_batch, BATCH_CONNECTIONS),
    SINGLE_POST: (_single, SINGLE_CONNECTIONS),
    USUAL: (_usual, SINGLE_CONNECTIONS),
}


async def ledger(context: Context) -> str:
    """Transfers a second over many wallets, and all into one hot account."""
    parts = [
        f"Transfers between {WALLETS:,} wallets, durable, medians of {context.runs} interleaved runs of"
        f" {context.seconds:.0f} s, each on a new database and audited after it. All write the same tables with the"
        " same duties: repeated keys, no balance below zero, numbered entries with the balance after each. The ledger"
        f" posts {BATCH_TRANSFERS} a call over {BATCH_CONNECTIONS} connections, or one a call over"
        f" {SINGLE_CONNECTIONS}; the usual design locks, looks and writes in one transaction for each, over"
        f" {SINGLE_CONNECTIONS}."
    ]
    for hot, title in ((False, "between wallets"), (True, "from wallets into one account")):
        figures: dict[str, list[Figure]] = {name: [] for name in _DESIGNS}
        for number_of_run in range(context.runs):
            for name in _DESIGNS:
                figures[name].append(await _run(context, name, hot, number_of_run))
        middle = {name: sorted(runs, key=lambda one: one.per_second)[len(runs) // 2] for name, runs in figures.items()}
        rows = [
            (name, one.per_second, f"{one.per_second / middle[USUAL].per_second:.1f}x", number(one.database_cpu_us))
            for name, one in middle.items()
        ]
        parts.append(f"**{title}**\n\n" + table(("design", "transfers/s", "x usual", "DB CPU us"), rows))
    return "\n\n".join(parts)


async def _run(context: Context, name: str, hot: bool, seed: int) -> Figure:
    worker, connections = _DESIGNS[name]
    with context.postgres.fresh_database() as url:
        market = Market(url, hot, seed)
        await market.prepare()
        context.postgres.checkpoint()
        pid = context.postgres.pid
        cpu = cpu_seconds(pid) if pid else math.nan
        begun = time.perf_counter()
        ends = begun + context.seconds
        done = sum(await asyncio.gather(*(_work(worker, market, ends) for _ in range(connections))))
        seconds = time.perf_counter() - begun
        cpu = (cpu_seconds(pid) if pid else math.nan) - cpu
        await _audited(url)
    return Figure(done / seconds, cpu / done * 1e6)


async def _work(worker: Worker, market: Market, ends: float) -> int:
    done = 0
    async with await psycopg.AsyncConnection.connect(market.url, autocommit=True) as connection:
        await connection.execute(_SYSTEM)
        while time.perf_counter() < ends:
            done += await worker(connection, market)
    return done


async def _audited(url: str) -> None:
    database = Database(url, pool_connections=2)
    faults = [str(fault) async for fault in audit_ledger(database)]
    await database.close()
    if faults:
        raise RuntimeError(f"the books are wrong: {faults[:3]}")
