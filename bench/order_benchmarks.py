"""Orders: many buyers of one listing at once, against the usual lock, look and insert; nothing oversold."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from bench.context import Context
from bench.stats import number, table
from outcry.catalog import service as catalog
from outcry.kernel import migrations
from outcry.kernel.access import Principal
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.ids import new_id
from outcry.kernel.market import BUILT_IN, Market
from outcry.orders.errors import OutOfStock
from outcry.orders.moves import OrderMoves
from outcry.orders.purchases import Purchases
from outcry.orders.rules import Party
from outcry.orders.schemas import CreateOrder
from outcry.orders.service import NewOrder, OrderService

BUYERS, CONNECTIONS = 500, 16
STOCK = 1_000_000
PRICE = 10_000
OURS, USUAL = "the statement that looks takes", "lock, look, take, insert"

Buy = Callable[[Transaction, Principal], Awaitable[object]]


class Shop:
    """One listing in a fresh database, and two ways of buying it with the same duties."""

    def __init__(self, database: Database, listing_id: UUID, seller_id: UUID) -> None:
        # Nobody in the run pays, so that nothing but buying is measured.
        market: Market = msgspec.structs.replace(BUILT_IN["default"], unpaid_purchases=STOCK)
        self.database = database
        self._listing_id = listing_id
        self._seller_id = seller_id
        self._orders = OrderService(market)
        # Buying moves no money: payments are not asked.
        self._moves = OrderMoves(market, None)  # type: ignore[arg-type]
        self._purchases = Purchases(market, self._orders, self._moves)

    async def ours(self, tx: Transaction, buyer: Principal) -> object:
        return await self._purchases.buy(tx, buyer, CreateOrder(listing_id=self._listing_id, quantity=1))

    async def usual(self, tx: Transaction, buyer: Principal) -> object:
        """Lock the listing, look, check who asks, take one, write the order, tell both."""
        listing = await catalog.lock_listing(tx, self._listing_id)
        if listing is None or listing.stock < 1:
            raise OutOfStock(available=0)
        await tx.scalar(
            "SELECT count(*) FROM orders WHERE buyer_id = :me AND status = 'pending_payment' AND auction_id IS NULL",
            {"me": buyer.user_id},
        )
        await tx.run("SELECT 1 FROM blocks WHERE blocker_id = :a AND blocked_id = :b", self._pair(buyer))
        await tx.run("UPDATE listings SET stock = stock - 1 WHERE id = :id", {"id": self._listing_id})
        order = NewOrder(
            listing_id=self._listing_id,
            buyer_id=buyer.user_id,
            seller_id=self._seller_id,
            amount=PRICE,
            currency="USD",
        )
        (order_id,) = await self._orders.create(await tx.driver(), [order])
        self._moves.tell(tx, await self._moves.locked(tx, order_id), "ordered", Party.BUYER)
        return order_id

    def _pair(self, buyer: Principal) -> dict[str, UUID]:
        return {"a": self._seller_id, "b": buyer.user_id}


async def orders(context: Context) -> str:
    """Orders a second of one hot listing."""
    figures: dict[str, list[float]] = {OURS: [], USUAL: []}
    for _ in range(context.runs):
        for name, rates in figures.items():
            rates.append(await _run(context, name))
    middle = {name: sorted(rates)[len(rates) // 2] for name, rates in figures.items()}
    rows = [(name, number(rate), f"{rate / middle[USUAL]:.2f}x") for name, rate in middle.items()]
    return (
        f"One listing, {BUYERS} buyers in a closed loop over {CONNECTIONS} connections, durable commits, medians of"
        f" {context.runs} interleaved runs of {context.seconds:.0f} s: reserve, order, history, events for both. After"
        " each run stock and orders add up, none oversold. Both ways hold the listing's row to the commit; that row is"
        " the limit.\n\n" + table(("design", "orders/s", "x usual"), rows)
    )


async def _run(context: Context, name: str) -> float:
    with context.postgres.fresh_database() as url:
        await asyncio.to_thread(migrations.upgrade, url)
        database = Database(url, pool_connections=CONNECTIONS)
        shop, buyers = await _opened(database)
        buy: Buy = shop.ours if name == OURS else shop.usual
        context.postgres.checkpoint()
        dice, begun = random.Random(1), time.perf_counter()
        ends = begun + context.seconds
        done = sum(await asyncio.gather(*(_shopper(database, buy, buyers, dice, ends) for _ in range(CONNECTIONS))))
        seconds = time.perf_counter() - begun
        await _adds_up(database, done)
        await database.close()
    return done / seconds


async def _shopper(database: Database, buy: Buy, buyers: list[Principal], dice: random.Random, ends: float) -> int:
    done = 0
    while time.perf_counter() < ends:
        async with database.transaction(SYSTEM) as tx:
            await buy(tx, dice.choice(buyers))
        done += 1
    return done


async def _opened(database: Database) -> tuple[Shop, list[Principal]]:
    listing_id, people = new_id(), [new_id() for _ in range(BUYERS + 1)]
    async with database.transaction(SYSTEM) as tx:
        await tx.run("INSERT INTO categories VALUES ('other', NULL, 'Other', 1, '{}')")
        await tx.run(
            "INSERT INTO users (id, display_name, language, time_zone)"
            " SELECT id, 'Somebody', 'en', 'UTC' FROM unnest(CAST(:ids AS uuid[])) AS u (id)",
            {"ids": people},
        )
        await tx.run(
            "INSERT INTO listings (id, seller_id, title, description, category, condition, sale_type, currency, price,"
            " stock, fulfilment, status) VALUES (:id, :seller, 'Camera', 'Works.', 'other', 'new', 'fixed', 'USD',"
            " :price, :stock, '{shipping}', 'active')",
            {"id": listing_id, "seller": people[0], "price": PRICE, "stock": STOCK},
        )
    return Shop(database, listing_id, people[0]), [Principal(one, one) for one in people[1:]]


async def _adds_up(database: Database, done: int) -> None:
    async with database.transaction(SYSTEM) as tx:
        row = await tx.first("SELECT (SELECT count(*) FROM orders), (SELECT stock FROM listings)")
    assert row is not None
    if (row[0], row[1]) != (done, STOCK - done):
        raise RuntimeError(f"{done} were bought, there are {row[0]} orders and {row[1]} left")
