"""What happens after the bell (SPEC AUC-6), and taking a bid back (SPEC AUC-8)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.auctions import queries, rules
from outcry.auctions.book import Book
from outcry.auctions.chain import entry_hash
from outcry.auctions.errors import (
    BidNotFound,
    CounterOfferClosed,
    CounterOfferNotFound,
    RetractionNotAllowed,
    WrongState,
)
from outcry.auctions.movement import Movement
from outcry.auctions.rules import StandingBid, Status
from outcry.auctions.schemas import CounterOfferView, Decision
from outcry.auctions.service import AuctionService
from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.errors import Forbidden, InvalidInput
from outcry.kernel.ids import new_id, new_id_int
from outcry.kernel.market import Market
from outcry.kernel.times import MICROSECONDS_PER_SECOND, from_microseconds, rfc3339, to_microseconds
from outcry.ledger.errors import InsufficientFunds

_US_PER_MINUTE = 60 * MICROSECONDS_PER_SECOND
_US_PER_HOUR = 60 * _US_PER_MINUTE


class DecisionService:
    """The seller's decision, the buyer's response, and retraction."""

    def __init__(self, auctions: AuctionService, market: Market) -> None:
        self._auctions = auctions
        self._market = market

    async def decide(
        self, tx: Transaction, principal: Principal, auction_id: UUID, body: Decision
    ) -> tuple[CounterOfferView | None, UUID | None]:
        """Accept, reject or counter; gives the counter-offer or the order's id. Raises WrongState, InvalidInput."""
        async with self._auctions.moving(tx, auction_id) as (book, movement):
            if book.seller_id != principal.user_id.int:
                raise Forbidden("Only the seller decides")
            if book.standing.status is not Status.AWAITING_DECISION or _overdue(book, movement):
                raise WrongState(auction_status=book.standing.status.value)
            price, leader = book.standing.price, book.standing.leader_id
            assert price is not None
            assert isinstance(leader, int)
            if await self._pending(movement, book):
                raise WrongState("An offer is waiting for its answer", auction_status="awaiting_decision")
            if body.action == "counter":
                return await self._counter(movement, book, leader, body.amount), None
            if body.amount is not None:
                raise InvalidInput(("/amount", "goes with counter only"))
            if body.action == "accept":
                movement.sell(book, leader, price)
                self._tell_both(movement, book, "offer_accepted", price)
            else:
                movement.end_unsold(book)
                self._tell_both(movement, book, "offer_rejected", price)
            movement.tell_watchers(book, "auction_updated")
        return None, movement.order_ids.get(auction_id)

    async def _counter(self, movement: Movement, book: Book, buyer_id: int, amount: int | None) -> CounterOfferView:
        price = book.standing.price or 0
        if amount is None or amount < price:
            raise InvalidInput(("/amount", f"must be given, and at least the highest bid of {price}"))
        expires_us = movement.now_us + self._market.counter_offer_hours * _US_PER_HOUR
        row = {
            "id": new_id(),
            "auction_id": UUID(int=book.id),
            "seller_id": UUID(int=book.seller_id),
            "buyer_id": UUID(int=buyer_id),
            "amount": amount,
            "kind": "counter",
            "expires_at": from_microseconds(expires_us),
        }
        await queries.insert_counter_offer(movement.connection, row)
        book.decide_by_us = expires_us
        movement.tell(buyer_id, "counter_offered", book, amount=amount, counter_offer_id=row["id"])
        movement.tell_watchers(book, "auction_updated")
        await queries.wake_clocks(movement.connection)
        return offer_view({**row, "status": "pending", "created_at": from_microseconds(movement.now_us)}, book.currency)

    async def respond(
        self, tx: Transaction, principal: Principal, offer_id: UUID, action: str
    ) -> tuple[UUID, CounterOfferView, UUID | None]:
        """The buyer accepts or rejects; the auction's id, the offer, and the order's id. Raises CounterOfferClosed."""
        connection = await tx.driver()
        offer = await queries.read_counter_offer(connection, offer_id)
        if offer is None or offer["buyer_id"] != principal.user_id:
            raise CounterOfferNotFound()
        auction_id: UUID = offer["auction_id"]
        async with self._auctions.moving(tx, auction_id) as (book, movement):
            # Read again under the auction's lock, which serialises answers and the clock.
            offer = await queries.read_counter_offer(connection, offer_id)
            assert offer is not None
            if offer["status"] != "pending" or to_microseconds(offer["expires_at"]) <= movement.now_us:
                raise CounterOfferClosed(offer_status=offer["status"])
            accepted = action == "accept"
            (offer,) = await queries.answer_counter_offers(
                connection, [book.id], "accepted" if accepted else "rejected"
            )
            if accepted:
                movement.sell(book, principal.user_id.int, offer["amount"])
            else:
                movement.end_unsold(book)
            kind = "counter_accepted" if accepted else "counter_rejected"
            for person in (book.seller_id, principal.user_id.int):
                facts = {"amount": offer["amount"], "counter_offer_id": offer_id, "kind": offer["kind"]}
                movement.tell(person, kind, book, **facts)
            movement.tell_watchers(book, "auction_updated")
        return auction_id, offer_view(offer, book.currency), movement.order_ids.get(auction_id)

    async def _pending(self, movement: Movement, book: Book) -> bool:
        cursor = await movement.connection.execute(
            "SELECT 1 FROM counter_offers WHERE auction_id = %s AND status = 'pending'", (UUID(int=book.id),)
        )
        return await cursor.fetchone() is not None

    def _tell_both(self, movement: Movement, book: Book, kind: str, amount: int) -> None:
        for person in {book.standing.leader_id, book.seller_id}:
            assert isinstance(person, int)
            movement.tell(person, kind, book, amount=amount)

    async def retract(self, tx: Transaction, principal: Principal, bid_id: UUID) -> UUID:
        """Void one of one's own bids; the auction's id. Raises BidNotFound, WrongState, RetractionNotAllowed."""
        connection = await tx.driver()
        cursor = await connection.execute("SELECT auction_id, bidder_id FROM bids WHERE id = %s", (bid_id,))
        found = await cursor.fetchone()
        if found is None or found[1] != principal.user_id:
            raise BidNotFound()
        auction_id: UUID = found[0]
        try:
            async with self._auctions.moving(tx, auction_id) as (book, movement):
                entries = await _entries(movement, auction_id)
                target = next(entry for entry in entries if entry["id"] == bid_id)
                self._check_window(book, movement, target)
                await _void(movement, book, target, entries)
                movement.tell_watchers(book, "auction_updated")
        except InsufficientFunds:
            # Their money was free to go when they were outbid; a lead without it would be worth nothing.
            raise RetractionNotAllowed("Whoever would lead again no longer has the money for it") from None
        return auction_id

    def _check_window(self, book: Book, movement: Movement, target: dict[str, Any]) -> None:
        ends_at_us = book.standing.ends_at_us or 0
        if book.standing.status is not Status.LIVE or movement.now_us >= ends_at_us:
            raise WrongState(auction_status=book.standing.status.value)
        if target["kind"] not in ("bid", "raise") or target["voided_at"] is not None:
            raise RetractionNotAllowed("It is not a bid that stands")
        placed_us = to_microseconds(target["placed_at"])
        if movement.now_us - placed_us > self._market.retraction_window_minutes * _US_PER_MINUTE:
            raise RetractionNotAllowed(
                f"A bid can be retracted within {self._market.retraction_window_minutes} minutes"
            )
        if ends_at_us - movement.now_us <= self._market.retraction_closed_hours * _US_PER_HOUR:
            raise RetractionNotAllowed(
                f"No bid can be retracted in the last {self._market.retraction_closed_hours} hours"
            )


def _overdue(book: Book, movement: Movement) -> bool:
    return book.decide_by_us is not None and book.decide_by_us <= movement.now_us


async def _entries(movement: Movement, auction_id: UUID) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    cursor = movement.connection.cursor(row_factory=dict_row)
    await cursor.execute("SELECT * FROM bids WHERE auction_id = %s ORDER BY seq", (auction_id,))
    return await cursor.fetchall()


async def _void(movement: Movement, book: Book, target: dict[str, Any], entries: Sequence[dict[str, Any]]) -> None:
    """Mark the bid and the automatic bids after it, replay the rest, and write both into the history."""
    voided = [
        entry["seq"]
        for entry in entries
        if entry["voided_at"] is None
        and (entry["seq"] == target["seq"] or (entry["kind"] == "auto" and entry["seq"] > target["seq"]))
    ]
    remaining = [
        entry
        for entry in entries
        if entry["kind"] in ("bid", "raise") and entry["voided_at"] is None and entry["seq"] != target["seq"]
    ]
    standing = rules.replay(book.terms, book.standing, [_standing_bid(entry) for entry in remaining])
    ordinals = {entry["bidder_id"].int: entry["bidder_ordinal"] for entry in entries}
    await movement.connection.execute(
        "UPDATE bids SET voided_at = clock_timestamp() WHERE auction_id = %s AND seq = ANY(%s)",
        (target["auction_id"], voided),
    )
    book.standing = standing
    await _append(movement, book, "retraction", target["bidder_id"].int, target["bidder_ordinal"], target)
    leader = standing.leader_id
    book.leader_ordinal = ordinals[leader] if isinstance(leader, int) else None
    if isinstance(leader, int) and not _shown_already(entries, voided, leader, standing.price):
        await _append(movement, book, "auto", leader, ordinals[leader], None)
    book.bidder_count = len({entry["bidder_id"] for entry in remaining})
    movement.moved(book)


def _standing_bid(entry: dict[str, Any]) -> StandingBid:
    return StandingBid(
        entry["kind"],
        entry["bidder_id"].int,
        entry["offered_amount"],
        entry["offered_max"],
        to_microseconds(entry["placed_at"]),
    )


def _shown_already(entries: Sequence[dict[str, Any]], voided: Sequence[int], leader: int, price: int | None) -> bool:
    """Whether the newest public entry that still counts already shows this leader at this price."""
    public = [entry for entry in entries if entry["kind"] in ("bid", "auto") and entry["voided_at"] is None]
    standing = [entry for entry in public if entry["seq"] not in voided]
    return bool(standing) and (standing[-1]["bidder_id"].int, standing[-1]["amount"]) == (leader, price)


async def _append(
    movement: Movement, book: Book, kind: str, bidder_id: int, ordinal: int, target: dict[str, Any] | None
) -> None:
    """One more entry of the history, chained: the retraction itself, or the leader's price after it."""
    seq = book.standing.entry_count + 1
    amount: int = target["amount"] if target else book.standing.price or 0
    maximum: int = target["max_amount"] if target else book.standing.leader_max
    entry_id, target_seq = new_id_int(), target["seq"] if target else None
    book.chain_head = entry_hash(
        book.chain_head,
        seq=seq,
        entry_id=entry_id,
        bidder_id=bidder_id,
        kind=kind,
        amount=amount,
        max_amount=maximum,
        offered_amount=None,
        offered_max=None,
        target_seq=target_seq,
        placed_us=movement.now_us,
    )
    await movement.connection.execute(
        "INSERT INTO bids (auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, target_seq,"
        " placed_at, entry_hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            UUID(int=book.id), seq, UUID(int=entry_id), UUID(int=bidder_id), ordinal, kind, amount, maximum,
            target_seq, from_microseconds(movement.now_us), book.chain_head,
        ),
    )  # fmt: skip
    book.standing = msgspec.structs.replace(book.standing, entry_count=seq)


def offer_view(row: dict[str, Any], currency: str) -> CounterOfferView:
    """A counter-offer as its two parties see it."""
    return CounterOfferView(
        id=row["id"],
        auction_id=row["auction_id"],
        amount=row["amount"],
        currency=currency,
        kind=row["kind"],
        status=row["status"],
        expires_at=rfc3339(row["expires_at"]),
        created_at=rfc3339(row["created_at"]),
    )
