"""Notifications' use cases: made of what people's channels said, listed, read (SPEC NTF-1).

The reader of a person's channel, and whoever marks something as read, hold the person's lock: what they tell the
person's channel, with the count of what is unread, comes in the order in which it happened.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.catalog import service as catalog
from outcry.kernel import outbox
from outcry.kernel.access import Principal
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import NotFound
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import Event, StoredEvent
from outcry.kernel.paging import decode_cursor, encode_cursor
from outcry.kernel.times import rfc3339_microseconds
from outcry.notifications import queries
from outcry.notifications.queries import channel_of
from outcry.notifications.rules import MEANINGS, About, Fact, Notification, amount_of, fold, subject_of
from outcry.notifications.schemas import NotificationPage, NotificationView, NotifiedListing, UnreadCount

# What notifications say themselves; never read back.
NOTIFICATION = "notification"
KEPT_DAYS = 90
READ_KEPT_DAYS = 30
PRUNED_AT_ONCE = 5_000
MAX_PRUNE_ROUNDS = 200
# Of one read-all, as many are told one by one; each carries the count, so nobody misses that all are read.
MAX_TOLD_READ = 50

_log = logging.getLogger("outcry.notifications")
_about = msgspec.json.Decoder(About)


class NotificationNotFound(NotFound):
    """No such notification of this person."""

    title = "There is no such notification"


class Notifications:
    """Making, listing, reading, forgetting."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.changed_notifications = 0

    # -- from events -----------------------------------------------------------------------------------------

    async def take(self, people: Sequence[UUID]) -> set[UUID]:
        """Turn what these people's channels said since the last time into notifications, exactly once.

        Any number of processes may take the same people at once. Gives those who have more to take.
        """
        async with self._database.transaction(SYSTEM) as tx:
            connection = await tx.driver()
            before = await queries.lock_people(connection, people)
            told = await queries.events_after(connection, before, list(MEANINGS))
            if not told:
                return set()
            changed = await self._fold(connection, told)
            await self._dress(tx, [row for row in changed if row.title is None])
            seqs = {one.user_id: one.seq for one in told}
            if changed:
                await queries.save(connection, changed)
                stored = await self._tell(tx, changed)
                tx.published(stored)
                _pass_over(seqs, stored)
            await queries.move_cursors(connection, seqs)
        self.changed_notifications += len(changed)
        counts: dict[UUID, int] = defaultdict(int)
        for one in told:
            counts[one.user_id] += 1
        return {person for person, count in counts.items() if count == queries.MAX_EVENTS_AT_ONCE}

    async def _fold(self, connection: queries.Connection, told: Sequence[queries.Told]) -> list[Notification]:
        facts: dict[UUID, list[Fact]] = defaultdict(list)
        pairs: set[tuple[UUID, UUID]] = set()
        for one in told:
            if one.data is None:
                continue
            try:
                about = _about.decode(one.data)
            except msgspec.MsgspecError as wrong:
                # One event that nobody understands must not stop the others.
                _log.error("event %s of type %s makes no notification: %s", one.event_id, one.type, wrong)
                continue
            facts[one.user_id].append(queries.fact_of(one, about))
            subject = subject_of(about)
            if subject is not None:
                pairs.add((one.user_id, subject))
        if not pairs:
            return []
        unread: dict[UUID, list[Notification]] = defaultdict(list)
        for row in await queries.unread_about(connection, sorted(pairs)):
            unread[row.user_id].append(row)
        return [row for person, theirs in facts.items() for row in fold(person, unread[person], theirs, new_id)]

    async def _dress(self, tx: Transaction, rows: Sequence[Notification]) -> None:
        """Title and picture as they are now: what a person was told stays readable whatever becomes of the listing."""
        listing_ids = [row.about.listing_id for row in rows if row.about.listing_id is not None]
        if not listing_ids:
            return
        cards = await catalog.cards(tx, listing_ids)
        for row in rows:
            card = cards.get(row.about.listing_id) if row.about.listing_id is not None else None
            if card is not None:
                row.title, row.cover_id = card.title, card.cover_id

    # -- what people ask for ---------------------------------------------------------------------------------

    async def page(self, tx: Transaction, principal: Principal, limit: int, cursor: str | None) -> NotificationPage:
        """One's own, newest first, with the count of all unread. Raises InvalidInput for a wrong cursor."""
        connection = await tx.driver()
        rows = await queries.page(connection, principal.user_id, decode_cursor(cursor, tuple[int, UUID]), limit + 1)
        shown = rows[:limit]
        counts = await queries.unread_counts(connection, [principal.user_id])
        more = encode_cursor(shown[-1].at_us, shown[-1].id) if len(rows) > limit else None
        return NotificationPage(await self._views(tx, shown), more, counts.get(principal.user_id, 0))

    async def read(self, tx: Transaction, principal: Principal, notification_id: UUID) -> NotificationView:
        """Mark one as read; fine when it was. Raises NotificationNotFound."""
        connection = await tx.driver()
        await queries.lock_people(connection, [principal.user_id])
        marked = await queries.mark_read(connection, principal.user_id, notification_id)
        row = marked[0] if marked else await queries.one(connection, principal.user_id, notification_id)
        if row is None:
            raise NotificationNotFound()
        tx.published(await self._tell(tx, marked))
        (view,) = await self._views(tx, [row])
        return view

    async def read_all(self, tx: Transaction, principal: Principal) -> UnreadCount:
        """Mark all as read."""
        connection = await tx.driver()
        await queries.lock_people(connection, [principal.user_id])
        marked = await queries.mark_read(connection, principal.user_id, None)
        tx.published(await self._tell(tx, marked[:MAX_TOLD_READ]))
        return UnreadCount(0)

    async def _tell(self, tx: Transaction, rows: Sequence[Notification]) -> list[StoredEvent]:
        """A `notification` event for each, with the count of the person's unread ones, into the outbox."""
        if not rows:
            return []
        connection = await tx.driver()
        counts = await queries.unread_counts(connection, list({row.user_id for row in rows}))
        events: list[Event] = []
        for row, view in zip(rows, await self._views(tx, rows), strict=True):
            data: dict[str, Any] = {**msgspec.structs.asdict(view), "unread_count": counts.get(row.user_id, 0)}
            events.append(Event(channel_of(row.user_id), NOTIFICATION, data))
        # The last thing before the commit: it locks the channels, which bids and the clock write to as well.
        return await outbox.append(connection, events)

    async def _views(self, tx: Transaction, rows: Sequence[Notification]) -> list[NotificationView]:
        pictures = await catalog.cover_urls(tx, [row.cover_id for row in rows if row.cover_id is not None])
        return [_view(row, pictures) for row in rows]

    # -- forgetting ------------------------------------------------------------------------------------------

    async def prune(self) -> int:
        """Forget read ones after READ_KEPT_DAYS and all after KEPT_DAYS; how many."""
        removed = 0
        for days, unread_too in ((KEPT_DAYS, True), (READ_KEPT_DAYS, False)):
            for _ in range(MAX_PRUNE_ROUNDS):
                async with self._database.transaction(SYSTEM) as tx:
                    gone = await queries.prune(await tx.driver(), days, PRUNED_AT_ONCE, unread_too=unread_too)
                removed += gone
                if gone < PRUNED_AT_ONCE:
                    break
        return removed


def _pass_over(seqs: dict[UUID, int], stored: Sequence[StoredEvent]) -> None:
    """Read past what we have just said ourselves, unless something was said in between."""
    said: dict[str, list[int]] = defaultdict(list)
    for event in stored:
        said[event.channel].append(event.seq)
    for person, seq in seqs.items():
        ours = said.get(channel_of(person))
        if ours and min(ours) == seq + 1:
            seqs[person] = max(ours)


def _view(row: Notification, pictures: Mapping[UUID, str]) -> NotificationView:
    about = row.about
    amount = amount_of(about)
    listing: NotifiedListing | None = None
    if row.title is not None:
        listing = NotifiedListing(row.title, pictures.get(row.cover_id) if row.cover_id else None)
    return NotificationView(
        id=row.id,
        kind=row.kind,
        auction_id=about.auction_id,
        listing_id=about.listing_id,
        order_id=about.order_id,
        counter_offer_id=about.counter_offer_id,
        listing=listing,
        amount=amount,
        currency=None if amount is None else about.currency,
        answer_by=about.decide_by,
        reason=about.reason,
        at=rfc3339_microseconds(row.at_us),
        read=row.read_at_us is not None,
    )
