"""The referee checked (SPEC AUC-12): every auction's chain, sequence, prices and counts, from its entries alone."""

from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID

from outcry.auctions import queries, rules, security
from outcry.auctions.book import LOAD_COLUMNS, Book
from outcry.auctions.chain import entry_hash, genesis
from outcry.auctions.rules import StandingBid, Status
from outcry.kernel.audit import Fault
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.times import to_microseconds

CHECK = "auctions"
PAGE_AUCTIONS = 200
PAGE_ENTRIES = 10_000

_ENTRIES = """
SELECT seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount, offered_max, target_seq,
    placed_at, voided_at, entry_hash
FROM bids WHERE auction_id = :auction_id AND seq > :after ORDER BY seq LIMIT :limit
"""


async def audit_auctions(database: Database) -> AsyncIterator[Fault]:
    """Every fault of every auction, by id; each auction is read in one snapshot."""
    after = None
    while True:
        async with database.transaction(SYSTEM, snapshot=True) as tx:
            rows = await tx.mappings(
                f"SELECT {LOAD_COLUMNS} FROM auctions a WHERE CAST(:after AS uuid) IS NULL OR a.id > :after"
                " ORDER BY a.id LIMIT :limit",
                {"after": after, "limit": PAGE_AUCTIONS},
            )
            for row in rows:
                for detail in await _faults_of(tx, row):
                    yield Fault(CHECK, f"auction {row['id']}", detail)
                after = row["id"]
        if len(rows) < PAGE_AUCTIONS:
            break
    async for fault in _channel_faults(database):
        yield fault
    async for fault in _security_faults(database):
        yield fault


async def _faults_of(tx: Transaction, row: Any) -> list[str]:
    book = Book(row)
    check = _Check(book)
    while True:
        entries = await tx.mappings(_ENTRIES, {"auction_id": row["id"], "after": check.last_seq, "limit": PAGE_ENTRIES})
        for entry in entries:
            check.entry(entry)
            if check.faults:
                # What follows a broken link is broken too: the first fault is the one that tells.
                return check.faults
        if len(entries) < PAGE_ENTRIES:
            break
    check.end()
    if not check.faults:
        check.faults.extend(await _order_faults(tx, row))
    return check.faults


class _Check:
    """Walks one auction's history from its genesis."""

    def __init__(self, book: Book) -> None:
        self.faults: list[str] = []
        self.last_seq = 0
        self.bidders: set[int] = set()
        self._book = book
        self._hash = genesis(book.id)
        self._price = 0
        self._placed_us = 0
        self._standing: list[StandingBid] = []
        self._voided: set[int] = set()
        self._retracted: set[int] = set()
        self._people: dict[int, int] = {}

    def entry(self, entry: Any) -> None:
        """The next entry: numbered on, chained on, not earlier, not cheaper."""
        seq, kind, placed_us = entry["seq"], entry["kind"], to_microseconds(entry["placed_at"])
        if seq != self.last_seq + 1:
            self.faults.append(f"entry {self.last_seq + 1} is missing (the next is {seq})")
            return
        self._hash = entry_hash(
            self._hash,
            seq=seq,
            entry_id=entry["id"].int,
            bidder_id=entry["bidder_id"].int,
            kind=kind,
            amount=entry["amount"],
            max_amount=entry["max_amount"],
            offered_amount=entry["offered_amount"],
            offered_max=entry["offered_max"],
            target_seq=entry["target_seq"],
            placed_us=placed_us,
        )
        if bytes(entry["entry_hash"]) != self._hash:
            self.faults.append(f"entry {seq} does not match the hash chain")
            return
        if placed_us < self._placed_us:
            self.faults.append(f"entry {seq} is earlier than the one before it")
        self.last_seq, self._placed_us = seq, placed_us
        if kind == "retraction":
            self._retracted.add(entry["target_seq"])
            self._price = 0
            return
        self._price_of(entry)
        if self._people.setdefault(entry["bidder_ordinal"], entry["bidder_id"].int) != entry["bidder_id"].int:
            self.faults.append(f"entry {seq} shows one alias for two bidders")

    def _price_of(self, entry: Any) -> None:
        seq, kind = entry["seq"], entry["kind"]
        if entry["amount"] < self._price:
            self.faults.append(f"entry {seq} lowers the price")
        self._price = entry["amount"]
        if entry["voided_at"] is not None:
            self._voided.add(seq)
        elif kind in ("bid", "raise"):
            self.bidders.add(entry["bidder_id"].int)
            self._standing.append(
                StandingBid(
                    kind,
                    entry["bidder_id"].int,
                    entry["offered_amount"],
                    entry["offered_max"],
                    to_microseconds(entry["placed_at"]),
                )
            )

    def end(self) -> None:
        """The row must say what the entries say."""
        book = self._book
        now = book.standing
        if self.last_seq != now.entry_count:
            self.faults.append(f"the history ends at entry {self.last_seq}, the auction counts {now.entry_count}")
        if self._hash != book.chain_head:
            self.faults.append("the chain does not end at the auction's head")
        if not self._retracted <= self._voided:
            self.faults.append("a retracted bid is not marked")
        if self._voided and not self._retracted:
            self.faults.append("a bid is marked retracted without a retraction")
        expected = rules.replay(book.terms, now, self._standing)
        facts = ("leader_id", "leader_max", "price", "bid_count", "reserve_met")
        for fact in facts:
            if getattr(expected, fact) != getattr(now, fact):
                self.faults.append(
                    f"{fact} is {getattr(now, fact)}, its bids give {getattr(expected, fact)}"
                    if fact != "leader_id"
                    else "the leader is not whom its bids give"
                )
        to_leader = book.winner_id == now.leader_id
        if now.status is Status.SOLD and to_leader and (book.final_price or 0) < (now.price or 0):
            self.faults.append("it was sold below its highest bid")
        if len(self.bidders) != book.bidder_count:
            self.faults.append(f"bidder_count is {book.bidder_count}, its bids give {len(self.bidders)}")


async def _security_faults(database: Database) -> AsyncIterator[Fault]:
    """What secured auctions bind must be what they need as they stand; of a sale, what its order has not yet taken."""
    after = UUID(int=0)
    while True:
        async with database.transaction(SYSTEM, snapshot=True) as tx:
            connection = await tx.driver()
            found = await queries.read_books(
                connection,
                "WHERE a.bid_security <> 'none' AND a.id > %(after)s ORDER BY a.id LIMIT %(limit)s",
                {"after": after, "limit": PAGE_AUCTIONS},
            )
            wanted = await security.wanted_holds(connection, found)
            bound = await security.bound_holds(connection, [book.id for book in found])
        sold = {book.id for book in found if book.standing.status is Status.SOLD}
        for place in sorted(wanted.keys() | bound.keys()):
            needs, binds = wanted.get(place, 0), bound.get(place, 0)
            if binds != needs and not (place[0] in sold and binds == 0):
                detail = f"binds {binds} of {UUID(int=place[1])}, it needs {needs}"
                yield Fault(CHECK, f"auction {UUID(int=place[0])}", detail)
        if len(found) < PAGE_AUCTIONS:
            return
        after = UUID(int=found[-1].id)


async def _order_faults(tx: Transaction, row: Any) -> Iterable[str]:
    orders = await tx.scalar(
        "SELECT count(*) FROM orders WHERE auction_id = :id AND status <> 'cancelled'", {"id": row["id"]}
    )
    if orders != (1 if row["status"] == "sold" else 0):
        return [f"it is {row['status']} and has {orders} orders that stand"]
    return []


async def _channel_faults(database: Database) -> AsyncIterator[Fault]:
    """Channels must have no gap behind their oldest kept event, and an auction's must end at its `seq`."""
    async with database.transaction(SYSTEM, snapshot=True) as tx:
        gaps = await tx.all(
            "SELECT channel, min(seq) AS first, max(seq) AS last, count(*) AS events FROM channel_seqs GROUP BY channel"
            " HAVING count(*) <> max(seq) - min(seq) + 1 ORDER BY channel LIMIT 100"
        )
        ends = await tx.all(
            "SELECT a.id, a.seq, max(o.seq) AS last FROM auctions a"
            " JOIN channel_seqs o ON o.channel = 'auction:' || a.id GROUP BY a.id HAVING max(o.seq) <> a.seq LIMIT 100"
        )
    for gap in gaps:
        yield Fault("events", gap.channel, f"{gap.last - gap.first + 1 - gap.events} events are missing")
    for end in ends:
        yield Fault("events", f"auction {end.id}", f"its channel ends at {end.last}, the auction counts {end.seq}")
