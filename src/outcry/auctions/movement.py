"""Moving auctions through their life (SPEC AUC-5, AUC-6): the one place that changes a status.

`Moves` applies transitions to books and collects what they cause, without touching anything else. A `Movement` does so
on locked books in one transaction and saves all of it set-based. The clock moves thousands at once with it, a seller's
request one; what was worked out before the bell (`auctions/rehearsal.py`) is only written.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.auctions import events, queries, rules, security
from outcry.auctions.book import Book, alias_of
from outcry.auctions.ports import AwardedSale, AwardSink
from outcry.auctions.rules import Status
from outcry.catalog import service as catalog
from outcry.kernel import outbox
from outcry.kernel.market import Market
from outcry.kernel.outbox import Event, StoredEvent
from outcry.kernel.times import MICROSECONDS_PER_SECOND, rfc3339_microseconds

# Of each auction.
MAX_TOLD_WATCHERS = 10_000
_US_PER_HOUR = 3_600 * MICROSECONDS_PER_SECOND


class Closing(msgspec.Struct, frozen=True, gc=False):
    """A close worked out before its bell, good while the auction's row is the book's version.

    `book` is as it stands afterwards, `ended_json` what watchers are told round the instant they are told it.
    """

    ends_at_us: int
    book: Book
    sale: AwardedSale | None
    ended_json: tuple[bytes, bytes]


class Moves:
    """Transitions at the instant `now_us`, and what they cause."""

    def __init__(self, market: Market, now_us: int) -> None:
        self.now_us = now_us
        self.events: list[Event] = []
        self.sales: list[AwardedSale] = []
        self._market = market
        self._moved: dict[int, Book] = {}
        self._released: list[Book] = []
        self._returned: list[Book] = []
        self._resold: set[UUID] = set()
        self._started: list[Book] = []

    def start(self, book: Book) -> None:
        """scheduled -> live, now; the end is the planned one, or the duration from now."""
        ends_at_us = book.standing.ends_at_us
        if ends_at_us is None or book.starts_at_us is None:
            ends_at_us = ends_at_us or self.now_us + book.duration_seconds * MICROSECONDS_PER_SECOND
        if book.starts_at_us is None or book.starts_at_us > self.now_us:
            book.starts_at_us = self.now_us
        self._to(book, Status.LIVE, ends_at_us=ends_at_us, first_end_us=ends_at_us)
        self._started.append(book)
        self.tell_watchers(book, "auction_started")

    def close(self, book: Book) -> None:
        """Time is up: sold, unsold, or the seller must decide."""
        outcome = rules.close(book.terms, book.standing)
        self._to(book, Status.ENDED)
        if outcome is Status.SOLD:
            price, leader = book.standing.price, book.standing.leader_id
            assert price is not None
            assert isinstance(leader, int)
            self.sell(book, leader, price)
        elif outcome is Status.AWAITING_DECISION:
            book.decide_by_us = self.now_us + self._market.decision_hours * _US_PER_HOUR
            self._to(book, Status.AWAITING_DECISION)
            self.tell(book.seller_id, "decision_required", book, amount=book.standing.price)
        else:
            self.end_unsold(book)
        self.tell_watchers(book, "auction_ended")

    def sell(self, book: Book, buyer_id: int, amount: int) -> None:
        """To `buyer_id` at `amount`; the order is made in this transaction."""
        if book.awaits_second_chance:
            self._resold.add(UUID(int=book.id))
        book.winner_id, book.final_price, book.decide_by_us = buyer_id, amount, None
        ends_at_us = min(book.standing.ends_at_us or self.now_us, self.now_us)
        self._to(book, Status.SOLD, ends_at_us=ends_at_us)
        self.sales.append(
            AwardedSale(
                UUID(int=book.id),
                UUID(int=book.listing_id),
                UUID(int=book.seller_id),
                UUID(int=buyer_id),
                amount,
                book.currency,
            )
        )

    def end_unsold(self, book: Book) -> None:
        """Nobody buys; the listing is free again."""
        (self._returned if book.awaits_second_chance else self._released).append(book)
        book.decide_by_us, book.winner_id, book.final_price = None, None, None
        self._to(book, Status.UNSOLD)

    def reopen(self, book: Book, decide_by_us: int) -> None:
        """sold -> awaiting_decision: the winner did not pay, and until `decide_by_us` somebody else may have it.

        The winner stays noted: the piece is out of stock already.
        """
        book.final_price, book.decide_by_us = None, decide_by_us
        self._to(book, Status.AWAITING_DECISION)

    def unsell(self, book: Book) -> None:
        """sold -> unsold: the sale was called off, and the piece is in stock again."""
        self._returned.append(book)
        book.winner_id, book.final_price = None, None
        self._to(book, Status.UNSOLD)

    def cancel(self, book: Book, reason: str, by: int | None = None) -> None:
        """Called off, for a reason that is told to the seller and the leader, but to `by`, who did it."""
        book.cancel_reason, book.decide_by_us = reason, None
        leader = book.standing.leader_id
        self._to(book, Status.CANCELLED)
        self._released.append(book)
        self.tell_watchers(book, "auction_ended")
        for person in {book.seller_id, leader} - {by}:
            if isinstance(person, int):
                self.tell(person, "auction_ended", book, reason=reason)

    def tell_watchers(self, book: Book, kind: str) -> None:
        """The whole public auction, as the next event of its channel. Comes after the last change to the book."""
        book.seq += 1
        data = events.state_of(book.view(self.now_us, None))
        self.events.append(Event(events.auction_channel(book.id), kind, data, book.seq))
        self._moved[book.id] = book

    def tell(self, user_id: int, event_type: str, book: Book, /, **facts: Any) -> None:
        """An event for one person, about this auction; `role` says on which side of it the person is."""
        about = {**self._about(book), "role": "seller" if user_id == book.seller_id else "buyer", **facts}
        self.events.append(Event(events.user_channel(user_id), event_type, about))

    def moved(self, book: Book) -> None:
        """Save `book` with the rest."""
        self._moved[book.id] = book

    def _about(self, book: Book) -> dict[str, Any]:
        return {
            "auction_id": UUID(int=book.id),
            "listing_id": UUID(int=book.listing_id),
            "status": book.standing.status.value,
            "currency": book.currency,
            "current_price": book.standing.price,
            "final_price": book.final_price,
            "leader": {"alias": alias_of(book.leader_ordinal)} if book.leader_ordinal else None,
            "decide_by": rfc3339_microseconds(book.decide_by_us) if book.decide_by_us else None,
            "server_time": rfc3339_microseconds(self.now_us),
        }

    def _to(self, book: Book, status: Status, **changes: Any) -> None:
        before = book.standing.status
        if status not in rules.TRANSITIONS[before]:
            raise RuntimeError(f"an auction cannot go from {before} to {status}")
        book.standing = msgspec.structs.replace(book.standing, status=status, **changes)
        self._moved[book.id] = book


class Movement(Moves):
    """One transaction's worth of transitions."""

    def __init__(self, connection: queries.Connection, market: Market, awards: AwardSink, now_us: int) -> None:
        super().__init__(market, now_us)
        self.connection = connection
        self.order_ids: dict[UUID, UUID] = {}
        self._awards = awards
        # Closed and saved already; their money is not settled yet.
        self._rung: list[Book] = []

    async def ring(self, closings: Sequence[Closing]) -> int:
        """What `close` does, for those of these auctions that are due and not changed since; how many."""
        closed = await queries.close_books(self.connection, [closing.book for closing in closings])
        for closing in closings:
            book, sale, (before, after) = closing.book, closing.sale, closing.ended_json
            closed_us = closed.get(book.id)
            if closed_us is None:
                continue
            if sale is None:
                self._released.append(book)
            else:
                self.sales.append(sale)
            data = msgspec.Raw(before + rfc3339_microseconds(closed_us).encode() + after)
            self.events.append(Event(book.channel, "auction_ended", data, book.seq))
            self._rung.append(book)
        return len(closed)

    async def save(self) -> list[StoredEvent]:
        """Write everything, in the order in which locks are taken: auctions, listings, orders, wallets, channels.

        Raises InsufficientFunds when somebody has not the money that the auction must bind now.
        """
        if self._moved:
            await queries.save_books(self.connection, list(self._moved.values()))
        started = [book for book in self._moved.values() if book.standing.status is Status.LIVE]
        await self._move_listings(started)
        await self._award()
        await security.settle(self.connection, [*self._moved.values(), *self._rung])
        await self._tell_starts()
        # Sorted by channel, so that two movements lock people's channels in one order.
        self.events.sort(key=lambda event: event.channel)
        return await outbox.append(self.connection, self.events) if self.events else []

    async def _award(self) -> None:
        """An order for each sale; its two parties are told."""
        if not self.sales:
            return
        self.order_ids = await self._awards.awarded(self.connection, self.sales)
        for sale in self.sales:
            told = {
                "order_id": self.order_ids[sale.auction_id],
                "auction_id": sale.auction_id,
                "listing_id": sale.listing_id,
                "status": "pending_payment",
                "amount": sale.amount,
                "currency": sale.currency,
                "server_time": rfc3339_microseconds(self.now_us),
            }
            for person, role in ((sale.buyer_id, "buyer"), (sale.seller_id, "seller")):
                self.events.append(Event(events.user_channel(person), "order_updated", {**told, "role": role}))

    async def _tell_starts(self) -> None:
        """Everybody who watches an auction that has just started, whoever started it (SPEC AUC-9)."""
        started = {book.id: book for book in self._started}
        if not started:
            return
        for auction_id, watcher_id in await queries.watchers(self.connection, list(started), MAX_TOLD_WATCHERS):
            if watcher_id != started[auction_id].seller_id:
                self.tell(watcher_id, "auction_started", started[auction_id])

    async def _move_listings(self, started: Sequence[Book]) -> None:
        listing_ids = [UUID(int=book.listing_id) for book in started]
        if started:
            pairs = [(UUID(int=book.listing_id), UUID(int=book.id)) for book in started]
            await catalog.auctions_attached_many(self.connection, pairs, live=True)
        if self._released:
            listing_ids = [UUID(int=book.listing_id) for book in self._released]
            await catalog.auctions_detached_many(self.connection, listing_ids)
        if self._returned:
            await catalog.return_stock_many(self.connection, [UUID(int=book.listing_id) for book in self._returned])
        # A second chance is of a piece that was taken out of stock when it was first sold.
        sold = [sale.listing_id for sale in self.sales if sale.auction_id not in self._resold]
        if sold:
            await catalog.mark_sold_many(self.connection, sold)
