"""Reading auctions: lists, history, one's own bids, and the snapshot a watcher starts from (SPEC AUC-12, RT-1)."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec

from outcry.auctions import queries
from outcry.auctions.book import Book, alias_of, bid_status
from outcry.auctions.errors import AuctionNotFound
from outcry.auctions.rules import Status
from outcry.auctions.schemas import AuctionView, BidderView, BidView, MyBidding, YouView
from outcry.auctions.service import AuctionService
from outcry.kernel.access import Principal, actor_of
from outcry.kernel.database import SYSTEM, Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.paging import Page, decode_cursor, encode_cursor, page_of
from outcry.kernel.times import rfc3339

RECENT_BIDS = 20
MAX_WATCHED_AUCTIONS = 1_000
MAX_OWN_SNAPSHOTS = 8
_OVER = ("awaiting_decision", "sold", "unsold", "cancelled", "ended")

# A channel's seq and the JSON that everyone may see.
_Shared = tuple[int, bytes]


class Wanted(msgspec.Struct, frozen=True):
    """What a list of auctions is asked for."""

    status: str | None
    category: str | None
    seller: UUID | None
    sort: str
    limit: int
    cursor: str | None


async def list_auctions(
    tx: Transaction, auctions: AuctionService, viewer: Principal | None, wanted: Wanted
) -> Page[AuctionView]:
    """A keyset page. Raises InvalidInput for a cursor of another sort."""
    conditions, parameters = _conditions(wanted, viewer)
    order = _SORTS[wanted.sort]
    after = decode_cursor(wanted.cursor, tuple[str, int, UUID])
    if after is not None:
        if after[0] != wanted.sort:
            raise InvalidInput(("cursor", "belongs to a list of another sort"))
        conditions.append(order.after)
        parameters.update(key=after[1], key_id=after[2])
    where = " AND ".join(conditions) or "true"
    tail = f"JOIN listings l ON l.id = a.listing_id WHERE {where} ORDER BY {order.by} LIMIT %(limit)s"
    books = await queries.read_books(await tx.driver(), tail, {**parameters, "limit": wanted.limit + 1})
    shown = books[: wanted.limit]
    views = await auctions.with_cards(tx, shown, viewer)
    more = len(books) > wanted.limit
    cursor = encode_cursor(wanted.sort, order.key(shown[-1]), UUID(int=shown[-1].id)) if more else None
    return Page(views, cursor)


class _Sort(msgspec.Struct, frozen=True):
    by: str
    after: str
    key: Any


def _no_key(_: Book) -> int:
    return 0


def _ends_key(book: Book) -> int:
    return book.standing.ends_at_us or 9_000_000_000_000_000_000


def _price_key(book: Book) -> int:
    return book.standing.price or book.terms.starting_price


_PRICE = "coalesce(a.current_price, a.starting_price)"
_ENDS = "coalesce((extract(epoch FROM a.ends_at) * 1000000)::bigint, 9000000000000000000)"
_SORTS = {
    "newest": _Sort("a.id DESC", "a.id < %(key_id)s", _no_key),
    "ending_soon": _Sort(
        f"{_ENDS}, a.id",
        f"({_ENDS}, a.id) > (%(key)s, %(key_id)s)",
        _ends_key,
    ),
    "price": _Sort(
        f"{_PRICE}, a.id",
        f"({_PRICE}, a.id) > (%(key)s, %(key_id)s)",
        _price_key,
    ),
}


def _conditions(wanted: Wanted, viewer: Principal | None) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    if viewer is None or not viewer.is_staff:
        # An auction waits on a draft in private; once the listing was public, its auctions stay visible.
        conditions.append("(l.status NOT IN ('draft', 'pending_review', 'rejected') OR a.seller_id = %(me)s)")
        parameters["me"] = viewer.user_id if viewer else None
    if wanted.status == "ended":
        conditions.append("a.status = ANY(%(statuses)s)")
        parameters["statuses"] = list(_OVER)
    elif wanted.status is not None:
        conditions.append("a.status = %(status)s")
        parameters["status"] = wanted.status
    if wanted.seller is not None:
        conditions.append("a.seller_id = %(seller)s")
        parameters["seller"] = wanted.seller
    if wanted.category is not None:
        conditions.append(
            "l.category IN (WITH RECURSIVE below AS (SELECT slug FROM categories WHERE slug = %(category)s"
            " UNION ALL SELECT c.slug FROM categories c JOIN below b ON c.parent = b.slug) SELECT slug FROM below)"
        )
        parameters["category"] = wanted.category
    return conditions, parameters


async def history(
    tx: Transaction, auction_id: UUID, viewer: Principal | None, limit: int, cursor: str | None
) -> Page[BidView]:
    """Entries newest first, as the viewer may see them. The cursor is an entry's id: a place in the order would
    show where a hidden raise lies. Raises AuctionNotFound."""
    book = await queries.read_book(await tx.driver(), auction_id)
    if book is None:
        raise AuctionNotFound()
    after = decode_cursor(cursor, tuple[UUID])
    rows = await queries.history(tx, auction_id, after[0] if after else None, limit + 1)
    return page_of(rows, limit, lambda row: _entry_view(book, row, viewer), lambda row: (row.id,))


def _entry_view(book: Book, row: Any, viewer: Principal | None) -> BidView:
    mine = viewer is not None and row.bidder_id == viewer.user_id
    staff = viewer is not None and viewer.is_staff
    whole = mine or staff
    return BidView(
        row.id,
        UUID(int=book.id),
        row.kind,
        row.amount,
        rfc3339(row.placed_at),
        bid_status(book.standing.status, leads=row.leads, voided=row.voided),  # type: ignore[arg-type]
        BidderView(alias_of(row.bidder_ordinal), mine, row.bidder_id if staff else msgspec.UNSET),
        seq=row.seq if whole else msgspec.UNSET,
        max_amount=row.max_amount if whole else msgspec.UNSET,
    )


async def my_bidding(
    tx: Transaction, auctions: AuctionService, viewer: Principal, limit: int, cursor: str | None
) -> Page[MyBidding]:
    """The auctions the viewer has bid on, newest first."""
    after = decode_cursor(cursor, tuple[UUID])
    # One step of the index per auction, however many bids the viewer has placed on each.
    tail = """
    WHERE a.id IN (
        WITH RECURSIVE mine (auction_id) AS (
            SELECT (SELECT auction_id FROM bids WHERE bidder_id = %(me)s
                AND (%(after)s::uuid IS NULL OR auction_id < %(after)s) ORDER BY auction_id DESC LIMIT 1)
            UNION ALL
            SELECT (SELECT b.auction_id FROM bids b WHERE b.bidder_id = %(me)s AND b.auction_id < mine.auction_id
                ORDER BY b.auction_id DESC LIMIT 1)
            FROM mine WHERE mine.auction_id IS NOT NULL
        )
        SELECT auction_id FROM mine WHERE auction_id IS NOT NULL LIMIT %(limit)s
    )
    ORDER BY a.id DESC
    """
    parameters = {"me": viewer.user_id, "after": after[0] if after else None, "limit": limit + 1}
    books = await queries.read_books(await tx.driver(), tail, parameters)
    views = await auctions.with_cards(tx, books[:limit], viewer)
    items: list[MyBidding] = []
    for book, view in zip(books, views, strict=False):
        you = await you_view(tx, book, viewer)
        if you is not None:
            items.append(MyBidding(view, you))
    more = len(books) > limit
    return Page(items, encode_cursor(UUID(int=books[limit - 1].id)) if more else None)


async def you_view(tx: Transaction, book: Book, viewer: Principal | None) -> YouView | None:
    """The viewer's alias, maximum and place; None when it never bid here."""
    if viewer is None:
        return None
    row = await queries.own_standing(tx, UUID(int=book.id), viewer.user_id)
    if row is None:
        return None
    status = book.standing.status
    leads = book.standing.leader_id == viewer.user_id.int
    if status is Status.SOLD:
        standing = "won" if book.winner_id == viewer.user_id.int else "lost"
    elif status in (Status.UNSOLD, Status.CANCELLED):
        standing = "lost"
    elif row.max_amount is None:
        standing = "watching"
    else:
        standing = "leading" if leads else "outbid"
    return YouView(alias_of(row.ordinal), row.max_amount, standing)


async def watch(tx: Transaction, viewer: Principal, auction_id: UUID) -> None:
    """Raises AuctionNotFound; InvalidInput beyond MAX_WATCHED_AUCTIONS."""
    if await queries.read_book(await tx.driver(), auction_id) is None:
        raise AuctionNotFound()
    watched = await tx.scalar(
        "SELECT count(*) FROM auction_watches WHERE user_id = :user_id", {"user_id": viewer.user_id}
    )
    if watched >= MAX_WATCHED_AUCTIONS:
        raise InvalidInput(("/auction_id", f"at most {MAX_WATCHED_AUCTIONS} auctions can be watched"))
    await queries.watch(tx, viewer.user_id, auction_id)


async def unwatch(tx: Transaction, viewer: Principal, auction_id: UUID) -> None:
    """Forget it; fine when it was not watched."""
    await queries.unwatch(tx, viewer.user_id, auction_id)


class AuctionChannel:
    """The source of `auction:ID` snapshots for the socket and for server-sent events.

    A crowd that arrives together costs one read: whoever has never bid here sees what everyone sees. Those who come
    while a read is under way are served by the next, so nobody is shown anything older than the asking.
    """

    def __init__(self, auctions: AuctionService) -> None:
        self._auctions = auctions
        self._waiting: dict[UUID, list[tuple[Principal | None, asyncio.Future[_Shared | None]]]] = {}
        self._reading: dict[UUID, asyncio.Task[None]] = {}
        self._own = asyncio.Semaphore(MAX_OWN_SNAPSHOTS)

    async def snapshot(self, auction_id: UUID, viewer: Principal | None) -> tuple[int, bytes]:
        """`(seq, JSON)` of the auction with its newest bids and the viewer's own place. Raises AuctionNotFound."""
        if viewer is None or not viewer.is_staff:
            told: asyncio.Future[_Shared | None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(auction_id, []).append((viewer, told))
            if auction_id not in self._reading:
                self._reading[auction_id] = asyncio.create_task(self._read_together(auction_id))
            shared = await told
            if shared is not None:
                return shared
        async with self._own:
            return await self._read(auction_id, viewer)

    async def _read_together(self, auction_id: UUID) -> None:
        try:
            while waiting := self._waiting.pop(auction_id, None):
                try:
                    people = [viewer.user_id for viewer, _ in waiting if viewer is not None]
                    shared, bidders = await self._read_shared(auction_id, people)
                except Exception as failed:
                    for _, told in waiting:
                        if not told.done():
                            told.set_exception(failed)
                    continue
                for viewer, told in waiting:
                    if not told.done():
                        told.set_result(None if viewer is not None and viewer.user_id in bidders else shared)
        finally:
            del self._reading[auction_id]

    async def _read_shared(self, auction_id: UUID, people: list[UUID]) -> tuple[_Shared, frozenset[UUID]]:
        """What everyone sees, and who of `people` sees something of its own besides."""
        async with self._auctions.database.transaction(SYSTEM, snapshot=True) as tx:
            bidders = await queries.bidders_among(tx, auction_id, people) if people else frozenset[UUID]()
            # From here on as the public: row security hides whatever is not for all.
            await tx.act_as(actor_of(None))
            return await self._compose(tx, auction_id, None), bidders

    async def _read(self, auction_id: UUID, viewer: Principal | None) -> tuple[int, bytes]:
        # One snapshot of the database, or the bids could be newer than the auction they are shown with.
        async with self._auctions.database.transaction(actor_of(viewer), snapshot=True) as tx:
            return await self._compose(tx, auction_id, viewer)

    async def _compose(self, tx: Transaction, auction_id: UUID, viewer: Principal | None) -> tuple[int, bytes]:
        book = await queries.read_book(await tx.driver(), auction_id)
        if book is None:
            raise AuctionNotFound()
        (view,) = await self._auctions.with_cards(tx, [book], viewer)
        rows = await queries.history(tx, auction_id, None, RECENT_BIDS)
        data = msgspec.to_builtins(view)
        data["recent_bids"] = [_entry_view(book, row, viewer) for row in rows]
        data["you"] = await you_view(tx, book, viewer)
        return book.seq, msgspec.json.encode(data)

    async def last_seq(self, auction_id: UUID) -> int:
        """The seq of the channel's last event. Raises AuctionNotFound."""
        async with self._auctions.transaction() as tx:
            seq = await tx.scalar("SELECT seq FROM auctions WHERE id = :id", {"id": auction_id})
        if seq is None:
            raise AuctionNotFound()
        return seq
