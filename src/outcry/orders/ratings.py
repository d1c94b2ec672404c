"""Ratings (SPEC ORD-8): both parties of a completed order rate each other, blind until both have, or time is over.

`visible_at` says from when a rating may be seen: the end of the time to rate, or the moment when the second comes.
Nobody can rate after that, so nobody rates in answer to what the other said.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.identity.rating_board import RatingSummary
from outcry.identity.service import display_names
from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.errors import Conflict
from outcry.kernel.http import Instant, RequestStruct
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.kernel.paging import Page, decode_cursor, encode_cursor
from outcry.kernel.times import rfc3339
from outcry.orders.errors import OrderNotFound, WrongOrderStatus
from outcry.orders.moves import OrderMoves
from outcry.orders.rules import Party, Status
from outcry.orders.schemas import OrderView
from outcry.orders.service import OrderService

MAX_COMMENT_CHARACTERS = 1_000

_INSERT = """
INSERT INTO ratings (order_id, rater_id, rated_id, rater, stars, comment, created_at, visible_at, id)
VALUES (:order, :rater, :rated, :party, :stars, :comment, :now, :visible_at, :id)
ON CONFLICT (order_id, rater_id) DO NOTHING
"""
_REVEAL = """
UPDATE ratings SET visible_at = :now WHERE order_id = :order AND visible_at > :now
    AND (SELECT count(*) FROM ratings WHERE order_id = :order) = 2
"""
_SUMMARIES = """
SELECT rated_id, avg(stars)::float8 AS average, count(*) AS given, count(*) FILTER (WHERE stars = 1) AS one,
    count(*) FILTER (WHERE stars = 2) AS two, count(*) FILTER (WHERE stars = 3) AS three,
    count(*) FILTER (WHERE stars = 4) AS four, count(*) FILTER (WHERE stars = 5) AS five
FROM ratings
WHERE rated_id = ANY(:ids) AND visible_at <= clock_timestamp() GROUP BY rated_id
"""
_OF_PERSON = """
SELECT r.id, r.rater_id, r.rater, r.stars, r.comment, r.created_at, o.title FROM ratings r
JOIN orders o ON o.id = r.order_id
WHERE r.rated_id = :person AND r.visible_at <= clock_timestamp() AND (CAST(:after AS uuid) IS NULL OR r.id < :after)
ORDER BY r.id DESC LIMIT :limit
"""


class NotRateable(WrongOrderStatus):
    """Only a completed order is rated."""

    code = "not_rateable"
    title = "Only a completed order can be rated"


class RatingClosed(Conflict):
    """The time to rate is over."""

    code = "rating_closed"
    title = "The time to rate this order is over"


class AlreadyRated(Conflict):
    """One rating by each party of an order; it is not changed."""

    code = "already_rated"
    title = "You have rated this order"


class GiveRating(RequestStruct):
    """How it went; what is said is seen by everybody once both have rated."""

    stars: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=MAX_COMMENT_CHARACTERS, pattern=r"^[^\x00]*$")] = ""


class RatingView(msgspec.Struct, frozen=True):
    """A rating on a person's page; `as_a` is what the person was in that sale."""

    id: UUID
    stars: int
    comment: str
    at: Instant
    by: str
    as_a: Literal["buyer", "seller"]
    listing_title: str


class Ratings:
    """Giving and showing ratings. The board of `identity.rating_board`."""

    def __init__(self, market: Market, moves: OrderMoves, orders: OrderService) -> None:
        self._rating_days = market.rating_days
        self._moves = moves
        self._orders = orders

    async def rate(self, tx: Transaction, person: Principal, order_id: UUID, body: GiveRating) -> OrderView:
        """Rate the other party; run as the system.

        Raises OrderNotFound, NotRateable, RatingClosed, AlreadyRated.
        """
        order = await self._moves.locked(tx, order_id)
        party = order.party_of(person.user_id)
        if party is Party.NOBODY:
            raise OrderNotFound()
        if order.status is not Status.COMPLETED or order.completed_at is None:
            raise NotRateable(order.status)
        ends_at = order.completed_at + timedelta(days=self._rating_days)
        if order.now >= ends_at:
            raise RatingClosed()
        given = await tx.run(
            _INSERT,
            {
                "order": order.id,
                "rater": person.user_id,
                "rated": order.seller_id if party is Party.BUYER else order.buyer_id,
                "party": party.value,
                "stars": body.stars,
                "comment": body.comment.strip(),
                "now": order.now,
                "visible_at": ends_at,
                "id": new_id(),
            },
        )
        if not given:
            raise AlreadyRated()
        # Neither the stars nor the words: the other one must not learn them yet.
        await self._moves.note(tx, order, "rated", party, by_id=person.user_id)
        await tx.run(_REVEAL, {"order": order.id, "now": order.now})
        return await self._orders.read(tx, order_id, person)

    async def summaries(self, tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, RatingSummary]:
        """Average and count of what may be seen, by person; who has none is not in it."""
        rows = await tx.all(_SUMMARIES, {"ids": list(person_ids)})
        return {
            row.rated_id: RatingSummary(
                round(row.average, 2), row.given, (row.one, row.two, row.three, row.four, row.five)
            )
            for row in rows
        }

    async def of_person(self, tx: Transaction, person_id: UUID, limit: int, cursor: str | None) -> Page[RatingView]:
        """What others say of a person, newest first; run as the system, for the sale's title stands with it."""
        after = decode_cursor(cursor, tuple[UUID])
        rows = await tx.all(_OF_PERSON, {"person": person_id, "after": after[0] if after else None, "limit": limit + 1})
        names = await display_names(tx, [row.rater_id for row in rows])
        views = [
            RatingView(
                row.id,
                row.stars,
                row.comment,
                rfc3339(row.created_at),
                names.get(row.rater_id, ""),
                "seller" if row.rater == "buyer" else "buyer",
                row.title,
            )
            for row in rows[:limit]
        ]
        return Page(views, encode_cursor(views[-1].id) if len(rows) > limit else None)
