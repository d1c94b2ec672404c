"""Bells worked out before they ring (SPEC AUC-5).

When thousands of auctions end in the same second, reading and deciding them takes longer than writing it. So what ends
within seconds is read and decided ahead, without a lock, and kept with the version of the row it was read from. At the
bell one statement closes those that still have that version; a bid meanwhile made another one, and the clock reads such
an auction anew.
"""

import asyncio
import logging

import msgspec

from outcry.auctions import queries, rules
from outcry.auctions.book import Book
from outcry.auctions.movement import Closing, Moves
from outcry.auctions.rules import Status
from outcry.kernel.database import DATABASE_ERRORS, SYSTEM, Database
from outcry.kernel.market import Market

AHEAD_SECONDS = 4.0
LOOK_SECONDS = 1.0
MAX_CLOSINGS = 20_000
# Bids wait while one slice is worked out: 2 ms.
SLICE_AUCTIONS = 50
_INSTANT = b'"server_time":"'
_INSTANT_BYTES = len("2026-01-31T12:00:00.000Z")

_log = logging.getLogger("outcry.clock")


def rehearsed(book: Book, market: Market) -> Closing | None:
    """How `book`, which is changed, closes when nobody bids any more.

    None when it must wait for its bell, because the seller's time to decide counts from there.
    """
    ends_at_us = book.standing.ends_at_us
    if ends_at_us is None or rules.close(book.terms, book.standing) is Status.AWAITING_DECISION:
        return None
    moves = Moves(market, ends_at_us)
    moves.close(book)
    (ended,) = moves.events
    before, key, rest = msgspec.json.encode(ended.data).partition(_INSTANT)
    sale = moves.sales[0] if moves.sales else None
    return Closing(ends_at_us, book, sale, (before + key, rest[_INSTANT_BYTES:]))


class Rehearsal:
    """One process's closings that are worked out, by auction."""

    def __init__(self, database: Database, market: Market) -> None:
        self._database = database
        self._market = market
        self._closings: dict[int, Closing] = {}

    def due(self, now_us: int, limit: int) -> list[Closing]:
        """Those whose end has come, at most `limit`, the first to end first; each is given once."""
        due: list[Closing] = []
        for closing in self._closings.values():
            if len(due) >= limit or closing.ends_at_us > now_us:
                break
            due.append(closing)
        for closing in due:
            del self._closings[closing.book.id]
        return due

    async def run(self) -> None:
        """Look ahead again and again, until cancelled."""
        while True:
            try:
                await self.look_ahead()
            except Exception as failed:
                # Nothing is lost: what was not worked out is read at its bell.
                trace = None if isinstance(failed, DATABASE_ERRORS) else failed
                _log.warning("could not look ahead: %s", failed, exc_info=trace)
            await asyncio.sleep(LOOK_SECONDS)

    async def look_ahead(self) -> None:
        """Work out what ends soon and was not worked out as it stands; forget what does not end soon any more."""
        async with self._database.transaction(SYSTEM) as tx:
            due = await queries.due_within(await tx.driver(), AHEAD_SECONDS, MAX_CLOSINGS)
        for gone in self._closings.keys() - due.keys():
            del self._closings[gone]
        fresh = [one for one, version in due.items() if not self._is_known(one, version)]
        for start in range(0, len(fresh), SLICE_AUCTIONS):
            async with self._database.transaction(SYSTEM) as tx:
                books = await queries.live_books(await tx.driver(), fresh[start : start + SLICE_AUCTIONS])
            for book in books:
                closing = rehearsed(book, self._market)
                if closing is not None:
                    self._closings[book.id] = closing
        if fresh:
            self._closings = dict(sorted(self._closings.items(), key=lambda item: item[1].ends_at_us))

    def _is_known(self, auction_id: int, version: int) -> bool:
        closing = self._closings.get(auction_id)
        return closing is not None and closing.book.version == version
