"""Deciding one batch of bids against the books, in arrival order, and collecting what must be written.

Pure of I/O: the desk reads and locks before, writes and answers after. A draft that fails is thrown away together
with the books it touched.
"""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

import msgspec

from outcry.auctions import events
from outcry.auctions.book import Book, alias_of, bid_status, broadcast_entries
from outcry.auctions.chain import entry_hash
from outcry.auctions.errors import AuctionNotFound, refusal_error
from outcry.auctions.rules import Acceptance, Bid, Entry, Refusal, decide
from outcry.auctions.schemas import BidderView, BidView
from outcry.kernel.errors import IdempotencyKeyReused, OutcryError
from outcry.kernel.ids import new_id
from outcry.kernel.outbox import Event
from outcry.kernel.times import rfc3339_microseconds

encode_json = msgspec.json.Encoder().encode


class BidRequest:
    """A bid on its way to the desk. `done` is called once, with the answer or the refusal; it must not raise."""

    __slots__ = ("amount", "auction_id", "bidder_id", "done", "key", "max_amount")

    def __init__(
        self,
        auction_id: UUID,
        bidder_id: UUID,
        amount: int | None,
        max_amount: int | None,
        key: str,
        done: "Callable[[BidAnswer | OutcryError], None]",
    ) -> None:
        self.auction_id = auction_id
        self.bidder_id = bidder_id
        self.amount = amount
        self.max_amount = max_amount
        # Always there: the desk makes one for a bid without, so that a batch whose commit was lost on the way
        # back can be tried again without a bid counting twice.
        self.key = key
        self.done = done


class BidAnswer(msgspec.Struct, frozen=True, gc=False):
    """An accepted bid as its bidder sees it, already encoded; `replayed` when its key was known."""

    bid_json: bytes
    auction_json: bytes
    replayed: bool = False


class PriorBid(msgspec.Struct, frozen=True, gc=False):
    """The accepted bid that a key already stands for."""

    seq: int
    id: UUID
    kind: str
    amount: int
    max_amount: int
    offered_amount: int | None
    offered_max: int | None
    placed_us: int
    bidder_ordinal: int
    voided: bool


class Written(msgspec.Struct, frozen=True, gc=False):
    """One new row of the history."""

    auction_id: UUID
    entry: Entry
    id: UUID
    ordinal: int
    offered_amount: int | None
    offered_max: int | None
    key: str | None
    hash: bytes


class Restricted(msgspec.Struct, frozen=True):
    """Who may not bid, of those in the batch."""

    suspended: frozenset[UUID]
    blocked: frozenset[tuple[UUID, UUID]]


NOBODY_RESTRICTED = Restricted(frozenset(), frozenset())
_Outcome = OutcryError | PriorBid
_ShownEntry = tuple[UUID, str, int, int, int]


class Changed:
    """What a batch did to one auction."""

    __slots__ = ("book", "entries", "extended_before", "leader_before", "leader_max_before")

    def __init__(self, book: Book) -> None:
        self.book = book
        self.leader_before = book.standing.leader_id
        self.leader_max_before = book.standing.leader_max
        self.extended_before = book.standing.extended_count
        self.entries: list[_ShownEntry] = []


class Draft:
    """The decisions of one batch."""

    def __init__(self, books: Mapping[UUID, Book], now_us: int) -> None:
        self.books = books
        self.now_us = now_us
        self.outcomes: list[tuple[BidRequest, _Outcome]] = []
        self.replays: set[int] = set()
        self.written: list[Written] = []
        self.new_bidders: list[tuple[UUID, UUID, int]] = []
        self.changed: dict[UUID, Changed] = {}
        self.events: list[Event] = []
        self._by_key: dict[tuple[UUID, UUID, str], PriorBid] = {}

    def decide(
        self,
        requests: Sequence[BidRequest],
        prior: Mapping[int, PriorBid],
        known_ordinals: Mapping[tuple[UUID, UUID], int],
        restricted: Restricted = NOBODY_RESTRICTED,
    ) -> None:
        """Decide every request in order. `prior` is by position; `known_ordinals` are inactive bidders' aliases."""
        for position, request in enumerate(requests):
            earlier = prior.get(position) or self._by_key.get((request.auction_id, request.bidder_id, request.key))
            if earlier is not None:
                self._repeat(request, earlier)
                continue
            book = self.books.get(request.auction_id)
            if book is None:
                self.outcomes.append((request, AuctionNotFound()))
                continue
            outcome = decide(
                book.terms,
                book.standing,
                Bid(request.bidder_id, request.amount, request.max_amount),
                self.now_us,
                suspended=request.bidder_id in restricted.suspended,
                blocked=(book.seller_id, request.bidder_id) in restricted.blocked,
            )
            if isinstance(outcome, Refusal):
                self.outcomes.append((request, refusal_error(outcome)))
            else:
                self._accept(request, book, outcome, known_ordinals)

    def _repeat(self, request: BidRequest, earlier: PriorBid) -> None:
        same = (request.amount, request.max_amount) == (earlier.offered_amount, earlier.offered_max)
        if same:
            self.replays.add(len(self.outcomes))
        self.outcomes.append((request, earlier if same else IdempotencyKeyReused()))

    def _accept(
        self,
        request: BidRequest,
        book: Book,
        outcome: Acceptance,
        known_ordinals: Mapping[tuple[UUID, UUID], int],
    ) -> None:
        changed = self.changed.get(book.id)
        if changed is None:
            changed = self.changed[book.id] = Changed(book)
        ordinal = book.bidders.get(request.bidder_id)
        if ordinal is None:
            ordinal = self._join(book, request.bidder_id, known_ordinals)
        old_leader_ordinal = book.leader_ordinal
        book.standing = outcome.standing
        if outcome.standing.leader_id == request.bidder_id:
            book.leader_ordinal = ordinal
        for entry in outcome.entries:
            own = entry is outcome.own
            whose = ordinal if entry.bidder_id == request.bidder_id else old_leader_ordinal
            assert whose is not None
            row = self._write(book, entry, whose, request if own else None)
            changed.entries.append((row.id, entry.kind, entry.amount, self.now_us, whose))
            if own:
                mine = PriorBid(
                    entry.seq,
                    row.id,
                    entry.kind,
                    entry.amount,
                    entry.max_amount,
                    request.amount,
                    request.max_amount,
                    self.now_us,
                    ordinal,
                    False,
                )
                self._by_key[(book.id, request.bidder_id, request.key)] = mine
                self.outcomes.append((request, mine))

    def _join(self, book: Book, bidder_id: UUID, known_ordinals: Mapping[tuple[UUID, UUID], int]) -> int:
        """The bidder's first standing bid here: an alias, kept for good, and one more bidder."""
        ordinal = known_ordinals.get((book.id, bidder_id))
        if ordinal is None:
            book.alias_count += 1
            ordinal = book.alias_count
        book.bidder_count += 1
        book.bidders[bidder_id] = ordinal
        self.new_bidders.append((book.id, bidder_id, ordinal))
        return ordinal

    def _write(self, book: Book, entry: Entry, ordinal: int, request: BidRequest | None) -> Written:
        identity = new_id()
        bidder_id = entry.bidder_id
        assert isinstance(bidder_id, UUID)
        offered_amount = request.amount if request else None
        offered_max = request.max_amount if request else None
        book.chain_head = entry_hash(
            book.chain_head,
            seq=entry.seq,
            entry_id=identity,
            bidder_id=bidder_id,
            kind=entry.kind,
            amount=entry.amount,
            max_amount=entry.max_amount,
            offered_amount=offered_amount,
            offered_max=offered_max,
            target_seq=None,
            placed_us=self.now_us,
        )
        row = Written(
            book.id,
            entry,
            identity,
            ordinal,
            offered_amount,
            offered_max,
            request.key if request else None,
            book.chain_head,
        )
        self.written.append(row)
        return row

    def compose_events(self) -> list[Event]:
        """One `bid_placed` for each auction that visibly changed, one `outbid` for each leader shown before."""
        for changed in self.changed.values():
            book = changed.book
            shown = broadcast_entries(book, changed.entries)
            extended = book.standing.extended_count > changed.extended_before
            book.seq += bool(shown) + extended
            if not shown and not extended:
                continue
            view = book.view(self.now_us, None, broadcast=True)
            channel = events.auction_channel(book.id)
            if shown:
                seq = book.seq - extended
                self.events.append(Event(channel, "bid_placed", events.bid_placed(view, shown, seq), seq))
            if extended:
                self.events.append(Event(channel, "auction_extended", events.auction_extended(view), book.seq))
            loser = changed.leader_before
            if isinstance(loser, UUID) and loser != book.standing.leader_id:
                told = events.outbid(book, view, changed.leader_max_before)
                self.events.append(Event(events.user_channel(loser), "outbid", told))
        return self.events

    def answer(self) -> None:
        """Tell every bidder, once the batch is durable."""
        encoded: dict[tuple[UUID, UUID | None], bytes] = {}
        for position, (request, outcome) in enumerate(self.outcomes):
            if isinstance(outcome, OutcryError):
                request.done(outcome)
                continue
            book = self.books[request.auction_id]
            leads = book.standing.leader_id == request.bidder_id
            # Only the leader's copy differs, so an auction is encoded at most twice a batch.
            variant = (book.id, request.bidder_id if leads else None)
            auction_json = encoded.get(variant)
            if auction_json is None:
                auction_json = encoded[variant] = encode_json(book.view(self.now_us, variant[1]))
            bid_json = encode_json(own_bid_view(book, outcome, leads=leads))
            request.done(BidAnswer(bid_json, auction_json, position in self.replays))


def own_bid_view(book: Book, bid: PriorBid, *, leads: bool) -> BidView:
    """A bid as its owner sees it."""
    return BidView(
        bid.id,
        book.id,
        bid.kind,  # type: ignore[arg-type]
        bid.amount,
        rfc3339_microseconds(bid.placed_us),
        bid_status(book.standing.status, leads=leads, voided=bid.voided),
        BidderView(alias_of(bid.bidder_ordinal), True),
        seq=bid.seq,
        max_amount=bid.max_amount,
    )
