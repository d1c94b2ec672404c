"""Auctions' use cases (SPEC section 3). Each runs in the caller's transaction; bids go by the desk.

Transitions run as the system actor: who may ask for them is decided here, once, by the rules of the market.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from outcry.auctions import queries, rules, terms
from outcry.auctions.batch import BidAnswer, BidRequest
from outcry.auctions.book import Book, with_card
from outcry.auctions.chain import genesis
from outcry.auctions.desk import Desk
from outcry.auctions.errors import (
    AuctionHasBids,
    AuctionNotFound,
    BuyNowGone,
    ListingNotForAuction,
    WrongState,
    refusal_error,
)
from outcry.auctions.movement import Movement
from outcry.auctions.ports import AwardSink
from outcry.auctions.rules import Refusal, Status
from outcry.auctions.schemas import AuctionView, CreateAuction, ListingCard, LiveSessionView, Relist
from outcry.auctions.stream_keys import sealed_stream_key
from outcry.catalog import service as catalog
from outcry.identity.service import read_restrictions
from outcry.kernel.access import Principal
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import Forbidden, OutcryError
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.kernel.settings import Settings
from outcry.kernel.times import from_microseconds, rfc3339_microseconds

STREAM_KEY_BYTES = 24
MAX_KEY_CHARACTERS = 255
Done = Callable[[BidAnswer | OutcryError], None]


class AuctionService:
    """What routes, the socket and the clock call."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        *,
        settings: Settings,
        market: Market,
        keys: KeyRing,
        awards: AwardSink,
    ) -> None:
        self.database = database
        self.desk = desk
        self._settings = settings
        self._market = market
        self._keys = keys
        self._awards = awards
        # Set by the composition root: raises RateLimited (SPEC API-4).
        self.check_bid_rate: Callable[[UUID, UUID], None] = lambda user_id, auction_id: None

    # -- bids ------------------------------------------------------------------------------------------------

    def place_bid_nowait(
        self,
        principal: Principal,
        auction_id: UUID,
        amount: int | None,
        max_amount: int | None,
        key: str | None,
        done: Done,
    ) -> None:
        """Hand a bid to the desk; `done` is called once with the answer or the refusal (SPEC AUC-2, RT-4)."""
        try:
            self.check_bid_rate(principal.user_id, auction_id)
        except OutcryError as limited:
            done(limited)
            return
        self.desk.submit(BidRequest(auction_id.int, principal.user_id.int, amount, max_amount, key, done))

    # -- making and reading ----------------------------------------------------------------------------------

    async def create(self, tx: Transaction, principal: Principal, body: CreateAuction) -> AuctionView:
        """A new auction on one's own listing (SPEC AUC-1).

        Raises InvalidInput, AuctionNotFound's sibling for listings, ListingNotForAuction.
        """
        terms.check_terms(body)
        connection = await tx.driver()
        schedule = terms.check_schedule(
            body.starts_at,
            body.ends_at,
            body.duration_seconds,
            now_us=await queries.moment(connection),
            min_seconds=self._settings.auction_min_seconds,
            market=self._market,
        )
        return await self._insert(
            tx,
            principal,
            body.listing_id,
            schedule,
            {
                "format": body.format,
                "starting_price": body.starting_price,
                "bid_increment": body.bid_increment,
                "reserve_price": body.reserve_price,
                "buy_now_price": body.buy_now_price,
                "award": body.award,
                "bid_security": body.bid_security,
                "deposit_amount": terms.check_deposit(body, self._market),
                "relisted_from": None,
                **terms.anti_snipe_columns(body.anti_snipe, self._market),
            },
        )

    async def relist(self, tx: Transaction, principal: Principal, auction_id: UUID, body: Relist) -> AuctionView:
        """The same terms again, in one call (SPEC AUC-7): of an auction that ended without a sale."""
        connection = await tx.driver()
        book = await self._own(await queries.read_book(connection, auction_id), principal)
        if book.standing.status not in (Status.UNSOLD, Status.CANCELLED):
            raise WrongState(auction_status=book.standing.status.value)
        old = book.terms
        starting_price = body.starting_price or old.starting_price
        reserve_price = body.reserve_price if body.reserve_price is not None else old.reserve_price
        buy_now_price = body.buy_now_price if body.buy_now_price is not None else old.buy_now_price
        terms.check_prices(starting_price, reserve_price, buy_now_price, old.bid_increment)
        schedule = terms.check_schedule(
            body.starts_at,
            None,
            body.duration_seconds or book.duration_seconds,
            now_us=await queries.moment(connection),
            min_seconds=self._settings.auction_min_seconds,
            market=self._market,
        )
        return await self._insert(
            tx,
            principal,
            UUID(int=book.listing_id),
            schedule,
            {
                "format": book.format,
                "starting_price": starting_price,
                "bid_increment": old.bid_increment,
                "reserve_price": reserve_price,
                "buy_now_price": buy_now_price,
                "award": book.award,
                "bid_security": book.bid_security,
                "deposit_amount": book.deposit_amount,
                "relisted_from": auction_id,
                "snipe_window_seconds": book.snipe.window_seconds,
                "snipe_extension_seconds": book.snipe.extension_seconds,
                "snipe_limit_seconds": book.snipe.max_extension_seconds,
            },
        )

    async def _insert(
        self,
        tx: Transaction,
        principal: Principal,
        listing_id: UUID,
        schedule: terms.Schedule,
        columns: dict[str, Any],
    ) -> AuctionView:
        listing = await catalog.lock_listing(tx, listing_id)
        if listing is None or listing.seller_id != principal.user_id:
            # Whether somebody else's draft exists is nobody's business.
            raise catalog.ListingNotFound()
        if listing.sale_type not in ("auction", "both") or listing.status not in ("draft", "pending_review", "active"):
            raise ListingNotForAuction(listing_status=listing.status, sale_type=listing.sale_type)
        connection = await tx.driver()
        auction_id = new_id()
        bands = [] if columns["bid_increment"] is not None else self._market.bands(listing.currency)
        await queries.insert(
            connection,
            {
                **columns,
                "id": auction_id,
                "listing_id": listing_id,
                "seller_id": listing.seller_id,
                "currency": listing.currency,
                "bands": queries.json_text(bands),
                "duration_seconds": schedule.duration_seconds,
                "starts_at": None if schedule.starts_at_us is None else from_microseconds(schedule.starts_at_us),
                "ends_at": None if schedule.ends_at_us is None else from_microseconds(schedule.ends_at_us),
                "chain_head": genesis(auction_id.int),
            },
        )
        await catalog.auction_attached(tx, listing_id, auction_id)
        if schedule.starts_at_us is not None:
            await queries.wake_clocks(connection)
        book = await queries.read_book(connection, auction_id)
        assert book is not None
        return book.view(await queries.moment(connection), principal.user_id.int)

    async def read(self, tx: Transaction, auction_id: UUID, viewer: Principal | None) -> AuctionView:
        """One auction with its listing's card. Raises AuctionNotFound."""
        connection = await tx.driver()
        book = await queries.read_book(connection, auction_id)
        if book is None:
            raise AuctionNotFound()
        (view,) = await self.with_cards(tx, [book], viewer)
        return view

    async def with_cards(self, tx: Transaction, books: Sequence[Book], viewer: Principal | None) -> list[AuctionView]:
        """Auctions as `viewer` sees them, each carrying its listing's card."""
        now_us = await queries.moment(await tx.driver())
        cards = await catalog.cards(tx, [UUID(int=book.listing_id) for book in books])
        viewer_id = viewer.user_id.int if viewer else None
        views: list[AuctionView] = []
        for book in books:
            card = cards.get(UUID(int=book.listing_id))
            view = book.view(now_us, viewer_id)
            if card is not None:
                view = with_card(view, ListingCard(card.title, card.category, card.image_url, card.seller_name))
            views.append(view)
        return views

    # -- the seller's and staff's moves ----------------------------------------------------------------------

    @asynccontextmanager
    async def moving(self, tx: Transaction, auction_id: UUID) -> AsyncIterator[tuple[Book, Movement]]:
        """The locked book of an auction and a movement to change it with; saved when the block ends well."""
        connection = await tx.driver()
        books = await queries.lock_books(connection, [auction_id])
        book = books.get(auction_id.int)
        if book is None:
            raise AuctionNotFound()
        movement = Movement(connection, self._market, self._awards, await queries.moment(connection))
        yield book, movement
        tx.published(await movement.save())

    async def go_live(self, tx: Transaction, principal: Principal, auction_id: UUID) -> LiveSessionView:
        """Live now, with a stream key; watchers are told (SPEC AUC-9). Raises WrongState, Forbidden."""
        async with self.moving(tx, auction_id) as (book, movement):
            await self._own(book, principal)
            if book.standing.status is not Status.SCHEDULED:
                raise WrongState(auction_status=book.standing.status.value)
            ends_at_us = book.standing.ends_at_us
            if ends_at_us is not None and ends_at_us <= movement.now_us:
                raise WrongState("Its end has passed; relist it", auction_status=book.standing.status.value)
            listing = await catalog.lock_listing(tx, UUID(int=book.listing_id))
            if listing is None or listing.status != "active":
                raise ListingNotForAuction(
                    "Publish the listing first", listing_status=listing.status if listing else "removed"
                )
            movement.start(book)
        await queries.wake_clocks(movement.connection)
        return await self._open_session(movement, auction_id, principal)

    async def _open_session(self, movement: Movement, auction_id: UUID, seller: Principal) -> LiveSessionView:
        session_id, stream_key = new_id(), secrets.token_urlsafe(STREAM_KEY_BYTES)
        await movement.connection.execute(
            "INSERT INTO live_sessions (id, auction_id, seller_id, stream_key_sealed, stream_key_hash, key_id)"
            " VALUES (%(id)s, %(auction_id)s, %(seller_id)s, %(stream_key_sealed)s, %(stream_key_hash)s, %(key_id)s)",
            {
                "id": session_id,
                "auction_id": auction_id,
                "seller_id": seller.user_id,
                **sealed_stream_key(self._keys, stream_key),
                "key_id": self._keys.current_id,
            },
        )
        return LiveSessionView(session_id, auction_id, stream_key, rfc3339_microseconds(movement.now_us))

    async def cancel(self, tx: Transaction, principal: Principal, auction_id: UUID, reason: str | None) -> None:
        """Called off: by the seller before the first bid, by staff while it runs. Raises AuctionHasBids, WrongState."""
        async with self.moving(tx, auction_id) as (book, movement):
            if not principal.is_staff:
                await self._own(book, principal)
            if book.standing.status not in (Status.SCHEDULED, Status.LIVE):
                raise WrongState(auction_status=book.standing.status.value)
            if book.standing.leader_id is not None and not principal.is_staff:
                raise AuctionHasBids()
            movement.cancel(book, reason or "Cancelled by the seller", by=principal.user_id.int)

    async def buy_now(self, tx: Transaction, principal: Principal, auction_id: UUID) -> UUID:
        """Ends the auction at its buy-now price; the order's id (SPEC AUC-1). Raises a bid's refusals, BuyNowGone."""
        async with self.moving(tx, auction_id) as (book, movement):
            refusal = await self._may_bid(book, movement, principal.user_id)
            if refusal is not None:
                raise refusal_error(refusal)
            if not rules.buy_now_offered(book.terms, book.standing):
                raise BuyNowGone()
            assert book.terms.buy_now_price is not None
            movement.sell(book, principal.user_id.int, book.terms.buy_now_price)
            movement.tell_watchers(book, "auction_ended")
        return movement.order_ids[auction_id]

    async def _may_bid(self, book: Book, movement: Movement, user_id: UUID) -> Refusal | None:
        """The refusal that any bid of this person would get for who it is and when, if one."""
        seller_id = UUID(int=book.seller_id)
        found = await read_restrictions(movement.connection, [user_id], [(seller_id, user_id)])
        outcome = rules.decide(
            book.terms,
            book.standing,
            rules.Bid(user_id.int, amount=1),
            movement.now_us,
            suspended=user_id in found.suspended,
            blocked=(seller_id, user_id) in found.blocked,
        )
        personal = ("auction_not_live", "own_auction", "bidder_suspended", "blocked_by_seller")
        return outcome if isinstance(outcome, Refusal) and outcome.code in personal else None

    async def _own(self, book: Book | None, principal: Principal) -> Book:
        if book is None:
            raise AuctionNotFound()
        if book.seller_id != principal.user_id.int:
            raise Forbidden("Only the seller may do this")
        return book

    def transaction(self) -> Any:
        """A unit of work as the system, for moves whose right has been checked."""
        return self.database.transaction(SYSTEM)
