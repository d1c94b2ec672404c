"""An auction's book: its terms and how it stands, as read under its row lock, and how it is shown.

`version` is the row's xmin: whoever finds the same version knows that the book in memory is the row, so a hot
auction is read from the database once. None: a batch that is still on its way to the database wrote it last. Ids are
128-bit integers here: on the bid path a UUID object costs more to hash than a bid costs to decide.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from outcry.auctions import rules
from outcry.auctions.rules import Award, Standing, Status, Terms
from outcry.auctions.schemas import AntiSnipeView, AuctionView, LeaderView, ListingCard
from outcry.kernel.ids import id_text
from outcry.kernel.times import MICROSECONDS_PER_SECOND, rfc3339_microseconds, to_microseconds

# Everything of an auction's row, in the order in which statements name it.
COLUMNS = (
    "id", "listing_id", "seller_id", "format", "status", "currency", "starting_price", "bid_increment", "bands",
    "reserve_price", "buy_now_price", "award", "bid_security", "deposit_amount", "snipe_window_seconds",
    "snipe_extension_seconds", "snipe_limit_seconds", "duration_seconds", "starts_at", "ends_at", "first_ends_at",
    "decide_by",
    "current_price", "leader_id", "leader_ordinal", "leader_max", "reserve_met", "bid_count", "bidder_count",
    "alias_count", "extended_count", "entry_count", "chain_head", "seq", "winner_id", "final_price",
    "cancel_reason", "relisted_from", "version",
)  # fmt: skip
LOAD_COLUMNS = ", ".join(f"a.{name}" for name in COLUMNS[:-1]) + ", a.xmin::text::bigint AS version"

_encode = msgspec.json.Encoder().encode
# Id, kind, amount, the bidder's ordinal.
ShownEntry = tuple[str, str, int, int]


def alias_of(ordinal: int) -> str:
    """How everyone else sees the bidder that was the `ordinal`th to bid on this auction."""
    return f"Bidder {ordinal}"


class Book:
    """One auction in memory; see the module's docstring."""

    __slots__ = (
        "_ends_json",
        "_ends_us",
        "_fixed_json",
        "alias_count",
        "asked_about",
        "award",
        "bid_security",
        "bidder_count",
        "bidders",
        "cancel_reason",
        "chain_head",
        "channel",
        "currency",
        "decide_by_us",
        "deposit_amount",
        "duration_seconds",
        "final_price",
        "format",
        "id",
        "id_bytes",
        "id_json",
        "inactive",
        "knows_all_bidders",
        "leader_ordinal",
        "listing_id",
        "outbid_json",
        "relisted_from",
        "seller_id",
        "seq",
        "snipe",
        "standing",
        "starts_at_us",
        "terms",
        "version",
        "winner_id",
    )  # fmt: skip

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.id = id_int(row["id"])
        self.listing_id = id_int(row["listing_id"])
        self.seller_id = id_int(row["seller_id"])
        self.format: str = row["format"]
        self.currency: str = row["currency"]
        self.award: str = row["award"]
        self.bid_security: str = row["bid_security"]
        self.deposit_amount: int | None = row["deposit_amount"]
        self.duration_seconds: int = row["duration_seconds"]
        self.starts_at_us = _microseconds(row["starts_at"])
        self.decide_by_us = _microseconds(row["decide_by"])
        self.leader_ordinal: int | None = row["leader_ordinal"]
        self.bidder_count: int = row["bidder_count"]
        self.alias_count: int = row["alias_count"]
        self.chain_head = bytes(row["chain_head"])
        self.seq: int = row["seq"]
        self.winner_id = None if row["winner_id"] is None else id_int(row["winner_id"])
        self.final_price: int | None = row["final_price"]
        self.cancel_reason: str | None = row["cancel_reason"]
        self.relisted_from = None if row["relisted_from"] is None else id_int(row["relisted_from"])
        self.version: int | None = row["version"]
        self.snipe = AntiSnipeView(
            row["snipe_window_seconds"], row["snipe_extension_seconds"], row["snipe_limit_seconds"]
        )
        self.terms = terms_of(row)
        self.standing = standing_of(row)
        # Bidders with a standing bid here that this process knows, by their ordinal; a subset of the history's.
        self.bidders: dict[int, int] = {}
        # Those whose bids were all retracted keep their ordinal.
        self.inactive: dict[int, int] = {}
        # Those of whom the history was asked: if they are in neither, they have never bid here.
        self.asked_about: set[int] = set()
        # Whether the two hold everyone who ever bid here: then a stranger is a newcomer, without asking.
        self.knows_all_bidders = self.alias_count == 0
        # What never changes is written out once, and the end only when it moves.
        text = id_text(self.id)
        self.id_bytes = self.id.to_bytes(16, "big")
        self.id_json = text.encode()
        self.channel = f"auction:{text}"
        self.outbid_json = b'"auction_id":"%b","listing_id":"%b","currency":"%b",' % (
            self.id_json,
            id_text(self.listing_id).encode(),
            self.currency.encode(),
        )
        self._fixed_json: bytes | None = None
        self._ends_us = -1
        self._ends_json = b""

    @property
    def awaits_second_chance(self) -> bool:
        """It was sold and not paid, and the runner-up is asked (SPEC AUC-7)."""
        return self.standing.status is Status.AWAITING_DECISION and self.winner_id is not None

    def view(self, now_us: int, viewer_id: int | None) -> AuctionView:
        """The auction as `viewer_id` may see it at `now_us`."""
        standing, terms = self.standing, self.terms
        price = standing.price
        leader: LeaderView | None = None
        if self.leader_ordinal is not None:
            leader = LeaderView(
                alias_of(self.leader_ordinal), viewer_id is not None and viewer_id == standing.leader_id
            )
        return AuctionView(
            id=UUID(int=self.id),
            listing_id=UUID(int=self.listing_id),
            seller_id=UUID(int=self.seller_id),
            format=self.format,
            currency=self.currency,
            starting_price=terms.starting_price,
            award=self.award,
            bid_security=self.bid_security,
            deposit_amount=self.deposit_amount,
            anti_snipe=self.snipe,
            duration_seconds=self.duration_seconds,
            relisted_from=UUID(int=self.relisted_from) if self.relisted_from is not None else None,
            status=standing.status.value,
            starts_at=_text(self.starts_at_us),
            current_price=price,
            minimum_bid=rules.minimum_bid(terms, standing),
            bid_increment=rules.increment(terms, terms.starting_price if price is None else price),
            bid_count=standing.bid_count,
            bidder_count=self.bidder_count,
            reserve_met=None if terms.reserve_price is None else standing.reserve_met,
            buy_now_price=self.buy_now_price,
            ends_at=_text(standing.ends_at_us),
            extended_count=standing.extended_count,
            seq=self.seq,
            server_time=rfc3339_microseconds(now_us),
            leader=leader,
            decide_by=_text(self.decide_by_us),
            final_price=self.final_price,
            cancel_reason=self.cancel_reason,
        )

    @property
    def is_secured(self) -> bool:
        """Whether bids must be backed by money (SPEC MON-5)."""
        return self.bid_security != "none"

    @property
    def buy_now_price(self) -> int | None:
        """The buy-now price while it is offered, or will be; else None."""
        if self.standing.status is Status.SCHEDULED or rules.buy_now_offered(self.terms, self.standing):
            return self.terms.buy_now_price
        return None

    def auction_json(self, now_us: int, viewer_id: int | None) -> bytes:
        """`view` encoded; on the bid path by formatting alone. A test holds the two together."""
        if self.standing.status is not Status.LIVE or self.decide_by_us is not None:
            return _encode(self.view(now_us, viewer_id))
        leads = viewer_id == self.standing.leader_id
        return self.live_json(self.moving_json(instant_json(now_us)), self.seq, self.leader_ordinal, leads)

    def live_json(self, moving: bytes, seq: int, leader_ordinal: int | None, leads: bool) -> bytes:
        """A live auction encoded round its `moving_json` of that moment, for one who leads or for anyone else."""
        if self._fixed_json is None:
            self._fixed_json = self._encode_fixed()
        return b'%b%b,"seq":%d,"leader":%b,"decide_by":null,"final_price":null,"cancel_reason":null}' % (
            self._fixed_json,
            moving,
            seq,
            b"null"
            if leader_ordinal is None
            else b'{"alias":"Bidder %d","is_you":%b}' % (leader_ordinal, b"true" if leads else b"false"),
        )

    def ends_json(self) -> bytes:
        """`ends_at` as text."""
        ends_at_us = self.standing.ends_at_us or 0
        if ends_at_us != self._ends_us:
            self._ends_us, self._ends_json = ends_at_us, instant_json(ends_at_us)
        return self._ends_json

    def moving_json(self, now: bytes) -> bytes:
        """The members that bids change and that are the same for all, without braces; `now` is `instant_json`."""
        standing, terms = self.standing, self.terms
        price = standing.price
        step = rules.increment(terms, terms.starting_price if price is None else price)
        buy_now = self.buy_now_price if terms.buy_now_price is not None else None
        return (
            b'"current_price":%b,"minimum_bid":%d,"bid_increment":%d,"bid_count":%d,"bidder_count":%d,'
            b'"reserve_met":%b,"buy_now_price":%b,"ends_at":"%b","extended_count":%d,"server_time":"%b"'
            % (
                _number(price),
                terms.starting_price if price is None else price + step,
                step,
                standing.bid_count,
                self.bidder_count,
                b"null" if terms.reserve_price is None else b"true" if standing.reserve_met else b"false",
                _number(buy_now),
                self.ends_json(),
                standing.extended_count,
                now,
            )
        )

    def _encode_fixed(self) -> bytes:
        fixed = {
            "id": id_text(self.id),
            "listing_id": id_text(self.listing_id),
            "seller_id": id_text(self.seller_id),
            "format": self.format,
            "currency": self.currency,
            "starting_price": self.terms.starting_price,
            "award": self.award,
            "bid_security": self.bid_security,
            "deposit_amount": self.deposit_amount,
            "anti_snipe": self.snipe,
            "duration_seconds": self.duration_seconds,
            "relisted_from": None if self.relisted_from is None else id_text(self.relisted_from),
            "status": self.standing.status.value,
            "starts_at": _text(self.starts_at_us),
        }
        return _encode(fixed)[:-1] + b","


def instant_json(microseconds: int) -> bytes:
    """An instant as the wire writes it, without quotes."""
    return rfc3339_microseconds(microseconds).encode()


def shown_bid_json(book: Book, entry: ShownEntry, status: bytes, placed_at: bytes) -> bytes:
    """A `BidView` as all watchers see it: the bidder by alias alone."""
    identity, kind, amount, ordinal = entry
    return (
        b'{"id":"%b","auction_id":"%b","kind":"%b","amount":%d,"placed_at":"%b","status":"%b",'
        b'"bidder":{"alias":"Bidder %d"}}'
        % (identity.encode(), book.id_json, kind.encode(), amount, placed_at, status, ordinal)
    )


def own_bid_json(book: Book, entry: ShownEntry, status: bytes, placed_at: bytes, *, seq: int, max_amount: int) -> bytes:
    """A `BidView` as its owner sees it."""
    identity, kind, amount, ordinal = entry
    return (
        b'{"id":"%b","auction_id":"%b","kind":"%b","amount":%d,"placed_at":"%b","status":"%b",'
        b'"bidder":{"alias":"Bidder %d","is_you":true},"seq":%d,"max_amount":%d}'
        % (identity.encode(), book.id_json, kind.encode(), amount, placed_at, status, ordinal, seq, max_amount)
    )


def broadcast_bids_json(
    book: Book, entries: Sequence[ShownEntry], leader_ordinal: int | None, placed_at: bytes
) -> list[bytes]:
    """New entries, oldest first, as watchers see them: newest first, and no raise among them."""
    shown: list[bytes] = []
    leader_unseen = True
    for entry in reversed(entries):
        if entry[1] == "raise":
            continue
        leads = leader_unseen and entry[3] == leader_ordinal
        leader_unseen = leader_unseen and not leads
        # The desk decides on live auctions alone, and nothing it has just written is voided.
        shown.append(shown_bid_json(book, entry, b"leading" if leads else b"outbid", placed_at))
    return shown


def with_card(view: AuctionView, card: ListingCard) -> AuctionView:
    """The same view carrying its listing's card."""
    return msgspec.structs.replace(view, listing=card)


def bid_status(auction_status: Status, *, leads: bool, voided: bool) -> str:
    """How an entry stands: `leads` says whether it is the leader's newest entry that counts."""
    if voided:
        return "retracted"
    if auction_status is Status.SOLD:
        return "won" if leads else "lost"
    if auction_status in (Status.UNSOLD, Status.CANCELLED):
        return "lost"
    return "leading" if leads else "outbid"


def terms_of(row: Mapping[str, Any]) -> Terms:
    """The rules' view of an auction's row."""
    limit = row["snipe_limit_seconds"]
    return Terms(
        seller_id=id_int(row["seller_id"]),
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
        leader_id=None if row["leader_id"] is None else id_int(row["leader_id"]),
        leader_max=row["leader_max"],
        price=row["current_price"],
        bid_count=row["bid_count"],
        entry_count=row["entry_count"],
        ends_at_us=_microseconds(row["ends_at"]),
        first_end_us=_microseconds(row["first_ends_at"]),
        extended_count=row["extended_count"],
        reserve_met=row["reserve_met"],
    )


def id_int(identity: UUID | int) -> int:
    """The integer of an id from a cursor (UUID) or from the pipeline (already an integer)."""
    return identity.int if isinstance(identity, UUID) else identity


def _microseconds(instant: Any) -> int | None:
    return None if instant is None else to_microseconds(instant)


def _text(microseconds: int | None) -> str | None:
    return None if microseconds is None else rfc3339_microseconds(microseconds)


def _number(value: int | None) -> bytes:
    return b"null" if value is None else b"%d" % value
