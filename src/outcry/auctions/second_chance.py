"""A sale that comes to nothing (SPEC AUC-7): the runner-up may have it at its own highest bid, else it is unsold.

A second chance is a counter-offer of another kind: the auction waits for one person's answer with a deadline that the
clock keeps, and the answer is given like any other. The piece stays out of stock until it is settled.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from outcry.auctions import queries
from outcry.auctions.book import Book
from outcry.auctions.movement import Movement
from outcry.auctions.rules import Status
from outcry.identity.service import read_restrictions
from outcry.kernel.ids import new_id
from outcry.kernel.times import MICROSECONDS_PER_SECOND, from_microseconds

MAX_LOOKED_AT = 20
_US_PER_HOUR = 3_600 * MICROSECONDS_PER_SECOND

# Each bidder's highest entry that counts, as everybody saw it; of equals the earlier.
_RUNNERS_UP = """
SELECT bidder_id, amount FROM (
    SELECT DISTINCT ON (bidder_id) bidder_id, amount, seq FROM bids
    WHERE auction_id = %(auction_id)s AND voided_at IS NULL AND kind IN ('bid', 'auto')
        AND bidder_id <> ALL(%(had_it)s) AND NOT EXISTS (
            SELECT FROM counter_offers o WHERE o.auction_id = bids.auction_id AND o.buyer_id = bids.bidder_id
                AND o.kind = 'second_chance'
        )
    ORDER BY bidder_id, amount DESC, seq
) AS highest
WHERE amount >= %(least)s ORDER BY amount DESC, seq LIMIT %(limit)s
"""


async def offer_runner_up(movement: Movement, book: Book, had_it: Sequence[UUID], hours: int) -> bool:
    """Offer a sold auction that was not paid to the next bidder at or above the reserve; False when there is none.

    `had_it` are those who bought it before. Without an offer the auction is as it was.
    """
    found = await _runner_up(movement, book, had_it)
    if found is None:
        return False
    buyer_id, amount = found
    expires_us = movement.now_us + hours * _US_PER_HOUR
    offer = {
        "id": new_id(),
        "auction_id": UUID(int=book.id),
        "seller_id": UUID(int=book.seller_id),
        "buyer_id": buyer_id,
        "amount": amount,
        "kind": "second_chance",
        "expires_at": from_microseconds(expires_us),
    }
    movement.reopen(book, expires_us)
    await queries.insert_counter_offer(movement.connection, offer)
    facts: dict[str, Any] = {"amount": amount, "counter_offer_id": offer["id"], "kind": "second_chance"}
    movement.tell(buyer_id.int, "counter_offered", book, **facts)
    movement.tell_watchers(book, "auction_updated")
    await queries.wake_clocks(movement.connection)
    return True


def call_off_sale(movement: Movement, book: Book) -> None:
    """A sold auction is unsold after all; its piece is in stock again and may be relisted in one call."""
    movement.unsell(book)
    movement.tell_watchers(book, "auction_updated")


def is_sold(book: Book) -> bool:
    """Whether there is a sale to call off."""
    return book.standing.status is Status.SOLD


async def _runner_up(movement: Movement, book: Book, had_it: Sequence[UUID]) -> tuple[UUID, int] | None:
    cursor = await movement.connection.execute(
        _RUNNERS_UP,
        {
            "auction_id": UUID(int=book.id),
            "had_it": list(had_it),
            "least": book.terms.reserve_price or 0,
            "limit": MAX_LOOKED_AT,
        },
    )
    rows: list[tuple[UUID, int]] = [(row[0], row[1]) for row in await cursor.fetchall()]
    seller_id = UUID(int=book.seller_id)
    pairs = [(seller_id, bidder_id) for bidder_id, _ in rows]
    barred = await read_restrictions(movement.connection, [bidder_id for bidder_id, _ in rows], pairs)
    for bidder_id, amount in rows:
        if bidder_id not in barred.suspended and (seller_id, bidder_id) not in barred.blocked:
            return bidder_id, amount
    return None
