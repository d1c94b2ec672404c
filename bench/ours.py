"""The product's own engine as one more `Design`: the desk with all its rules, keys, hash chain and events."""

import asyncio

import psycopg

from bench.rivals.design import Ids
from bench.seed import CURRENCY, seed_auctions, seed_people
from outcry.auctions.batch import BidAnswer, BidRequest
from outcry.auctions.desk import Desk
from outcry.auctions.errors import AlreadyLeading, BidTooLow
from outcry.kernel import migrations
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import OutcryError
from outcry.kernel.settings import Settings
from outcry.ledger import accounts
from outcry.ledger.audit import audit_ledger
from outcry.ledger.service import Ledger, Transfer, legs

BIDDERS = 1_024
NAME = "**Outcry's desk**"
FULL_HOLD = "**Outcry's desk**, full hold"
# More than any run bids.
STAKE = 10**12


class OutcryDesk:
    """Settings as shipped. A bid goes to the desk as routes and the socket hand it over."""

    def __init__(self) -> None:
        self.name = NAME
        self._database: Database | None = None
        self._desk: Desk | None = None

    async def prepare(self, url: str, auctions: int) -> None:
        await asyncio.to_thread(migrations.upgrade, url)
        with psycopg.connect(url, autocommit=True) as connection:
            seed_people(connection, BIDDERS)
            seed_auctions(connection, auctions)
            await self.secure(url, connection)
        settings, ids = Settings(), Ids(auctions, BIDDERS)
        self._url = url
        self._auctions = [each.int for each in ids.auctions]
        self._bidders = [each.int for each in ids.bidders]
        self._database = Database(url)
        self._desk = Desk(
            self._database,
            shards=settings.desk_shards,
            queue_bids=settings.desk_queue_bids,
            batch_bids=settings.desk_batch_bids,
        )
        await self._desk.start()

    async def secure(self, url: str, connection: psycopg.Connection) -> None:
        """Auctions ask for no security here."""

    async def bid(self, auction: int, bidder: int, amount: int, key: str) -> bool:
        assert self._desk is not None
        decided: asyncio.Future[BidAnswer | OutcryError] = asyncio.get_running_loop().create_future()

        def done(answer: BidAnswer | OutcryError) -> None:
            if not decided.done():
                decided.set_result(answer)

        self._desk.submit(BidRequest(self._auctions[auction], self._bidders[bidder], amount, None, key, done))
        answer = await decided
        if isinstance(answer, BidAnswer):
            return True
        if isinstance(answer, BidTooLow | AlreadyLeading):
            return False
        raise answer

    async def price(self, auction: int) -> int:
        async with await psycopg.AsyncConnection.connect(self._url) as connection:
            found = await (
                await connection.execute(
                    "SELECT coalesce(current_price, 0) FROM auctions WHERE id = %s::uuid",
                    (f"{self._auctions[auction]:032x}",),
                )
            ).fetchone()
        assert found is not None
        return int(found[0])

    async def close(self) -> None:
        if self._desk is not None:
            await self._desk.stop()
        if self._database is not None:
            await self._database.close()


class FullHoldDesk(OutcryDesk):
    """The same with bid security: the leader's maximum is held in the ledger, and an outbid frees it (SPEC MON-5)."""

    def __init__(self) -> None:
        super().__init__()
        self.name = FULL_HOLD

    async def secure(self, url: str, connection: psycopg.Connection) -> None:
        connection.execute("UPDATE auctions SET bid_security = 'full_hold'")
        database = Database(url)
        fund = accounts.grants(CURRENCY)
        async with database.transaction(SYSTEM) as tx:
            wallets = [accounts.available(bidder, CURRENCY) for bidder in Ids(1, BIDDERS).bidders]
            grants = [Transfer(f"fund:{one.id}", "grant", legs((fund, -STAKE), (one, STAKE))) for one in wallets]
            await Ledger().post(await tx.driver(), grants)
        await database.close()

    async def close(self) -> None:
        """Every run ends with an audit of its books."""
        faults: list[str] = []
        if self._desk is not None and self._database is not None:
            await self._desk.stop()
            self._desk = None
            faults = [str(fault) async for fault in audit_ledger(self._database)]
        await super().close()
        if faults:
            raise RuntimeError(f"the books are wrong: {faults[:3]}")
