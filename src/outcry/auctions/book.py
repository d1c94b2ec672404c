"""An auction's book: its terms and how it stands, as read under its row lock, and how it is shown.

`version` is the row's xmin: whoever holds the lock and finds the same version knows that the book in memory is
the row, so a hot auction is read from the database once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from outcry.auctions import rules
from outcry.auctions.rules import Award, Standing, Status, Terms
from outcry.auctions.schemas import AntiSnipeView, AuctionView, BidderView, BidView, LeaderView, ListingCard
from outcry.kernel.times import MICROSECONDS_PER_SECOND, rfc3339, rfc3339_microseconds, to_microseconds

# Everything of an auction's row; hot statements name these columns in this order.
COLUMNS = (
    "id, listing_id, seller_id, format, status, currency, starting_price, bid_increment, bands, reserve_price, "
    "buy_now_price, award, bid_security, snipe_window_seconds, snipe_extension_seconds, snipe_limit_seconds, "
    "duration_seconds, starts_at, ends_at, first_ends_at, decide_by, current_price, leader_id, leader_ordinal, "
    "leader_max, reserve_met, bid_count, bidder_count, alias_count, extended_count, entry_count, chain_head, seq, "
    "winner_id, final_price, cancel_reason, relisted_from"
)
LOAD_COLUMNS = ", ".join(f"a.{name.strip()}" for name in COLUMNS.split(",")) + ", a.xmin::text::bigint AS version"

_ENDED = frozenset({Status.ENDED, Status.SOLD, Status.UNSOLD, Status.AWAITING_DECISION, Status.CANCELLED})
BidStatus = str


def alias_of(ordinal: int) -> str:
    """How everyone else sees the bidder that was the `ordinal`th to bid on this auction."""
    return f"Bidder {ordinal}"


class Book:
    """One auction in memory; see the module's docstring."""

    __slots__ = (
        "alias_count",
        "award",
        "bid_security",
        "bidder_count",
        "bidders",
        "cancel_reason",
        "chain_head",
        "currency",
        "decide_by",
        "duration_seconds",
        "final_price",
        "format",
        "id",
        "leader_ordinal",
        "listing_id",
        "relisted_from",
        "seller_id",
        "seq",
        "snipe",
        "standing",
        "starts_at",
        "terms",
        "version",
        "winner_id",
    )

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.id: UUID = row["id"]
        self.listing_id: UUID = row["listing_id"]
        self.seller_id: UUID = row["seller_id"]
        self.format: str = row["format"]
        self.currency: str = row["currency"]
        self.award: str = row["award"]
        self.bid_security: str = row["bid_security"]
        self.duration_seconds: int = row["duration_seconds"]
        self.starts_at: datetime | None = row["starts_at"]
        self.decide_by: datetime | None = row["decide_by"]
        self.leader_ordinal: int | None = row["leader_ordinal"]
        self.bidder_count: int = row["bidder_count"]
        self.alias_count: int = row["alias_count"]
        self.chain_head: bytes = bytes(row["chain_head"])
        self.seq: int = row["seq"]
        self.winner_id: UUID | None = row["winner_id"]
        self.final_price: int | None = row["final_price"]
        self.cancel_reason: str | None = row["cancel_reason"]
        self.relisted_from: UUID | None = row["relisted_from"]
        self.version: int = row["version"]
        # Active bidders known to this process, by their ordinal; a subset of the table auction_bidders.
        self.bidders: dict[UUID, int] = {}
        self.snipe = AntiSnipeView(
            row["snipe_window_seconds"], row["snipe_extension_seconds"], row["snipe_limit_seconds"]
        )
        self.terms = terms_of(row)
        self.standing = standing_of(row)

    def view(self, now_us: int, viewer_id: UUID | None, *, broadcast: bool = False) -> AuctionView:
        """The auction as `viewer_id` may see it at `now_us`; `broadcast` leaves out what differs by viewer."""
        standing, terms = self.standing, self.terms
        leader: LeaderView | None = None
        if self.leader_ordinal is not None:
            is_you = msgspec.UNSET if broadcast else viewer_id is not None and viewer_id == standing.leader_id
            leader = LeaderView(alias_of(self.leader_ordinal), is_you)
        price = standing.price
        step = rules.increment(terms, terms.starting_price if price is None else price)
        before_live = standing.status is Status.SCHEDULED
        return AuctionView(
            id=self.id,
            listing_id=self.listing_id,
            seller_id=self.seller_id,
            format=self.format,
            status=standing.status.value,
            currency=self.currency,
            starting_price=terms.starting_price,
            current_price=price,
            minimum_bid=rules.minimum_bid(terms, standing),
            bid_increment=step,
            bid_count=standing.bid_count,
            bidder_count=self.bidder_count,
            leader=leader,
            reserve_met=None if terms.reserve_price is None else standing.reserve_met,
            buy_now_price=terms.buy_now_price if before_live or rules.buy_now_offered(terms, standing) else None,
            starts_at=rfc3339(self.starts_at) if self.starts_at else None,
            ends_at=rfc3339_microseconds(standing.ends_at_us) if standing.ends_at_us is not None else None,
            extended_count=standing.extended_count,
            award=self.award,
            bid_security=self.bid_security,
            seq=self.seq,
            server_time=rfc3339_microseconds(now_us),
            anti_snipe=self.snipe,
            duration_seconds=self.duration_seconds,
            decide_by=rfc3339(self.decide_by) if self.decide_by else None,
            final_price=self.final_price,
            cancel_reason=self.cancel_reason,
            relisted_from=self.relisted_from,
        )

    @property
    def has_ended(self) -> bool:
        """True when no bid can come any more."""
        return self.standing.status in _ENDED


def terms_of(row: Mapping[str, Any]) -> Terms:
    """The rules' view of an auction's row."""
    limit = row["snipe_limit_seconds"]
    return Terms(
        seller_id=row["seller_id"],
        starting_price=row["starting_price"],
        bid_increment=row["bid_increment"],
        bands=tuple((below, step) for below, step in row["bands"]),
        reserve_price=row["reserve_price"],
        buy_now_price=row["buy_now_price"],
        award=Award(row["award"]),
        snipe_window_us=row["snipe_window_seconds"] * MICROSECONDS_PER_SECOND,
        snipe_extension_us=row["snipe_extension_seconds"] * MICROSECONDS_PER_SECOND,
        snipe_limit_us=None if limit is None else limit * MICROSECONDS_PER_SECOND,
    )


def standing_of(row: Mapping[str, Any]) -> Standing:
    """How an auction stands, from its row."""
    return Standing(
        status=Status(row["status"]),
        leader_id=row["leader_id"],
        leader_max=row["leader_max"],
        price=row["current_price"],
        bid_count=row["bid_count"],
        entry_count=row["entry_count"],
        ends_at_us=_microseconds(row["ends_at"]),
        first_end_us=_microseconds(row["first_ends_at"]),
        extended_count=row["extended_count"],
        reserve_met=row["reserve_met"],
    )


def with_card(view: AuctionView, card: ListingCard) -> AuctionView:
    """The same view carrying its listing's card, for lists."""
    return msgspec.structs.replace(view, listing=card)


def bid_status(auction_status: Status, *, leads: bool, voided: bool) -> Any:
    """How an entry stands: `leads` says whether it is the leader's newest entry that counts."""
    if voided:
        return "retracted"
    if auction_status is Status.SOLD:
        return "won" if leads else "lost"
    if auction_status in (Status.UNSOLD, Status.CANCELLED):
        return "lost"
    return "leading" if leads else "outbid"


def broadcast_entries(book: Book, entries: Sequence[tuple[UUID, str, int, int, int]]) -> list[BidView]:
    """New entries `(id, kind, amount, placed_us, ordinal)`, oldest first, as watchers see them: newest first."""
    shown: list[BidView] = []
    leader_unseen = True
    for identity, kind, amount, placed_us, ordinal in reversed(entries):
        if kind == "raise":
            continue
        leads = leader_unseen and ordinal == book.leader_ordinal
        leader_unseen = leader_unseen and not leads
        shown.append(
            BidView(
                identity,
                book.id,
                kind,  # type: ignore[arg-type]
                amount,
                rfc3339_microseconds(placed_us),
                bid_status(book.standing.status, leads=leads, voided=False),
                BidderView(alias_of(ordinal)),
            )
        )
    return shown


def _microseconds(instant: datetime | None) -> int | None:
    return None if instant is None else to_microseconds(instant)
