"""Deciding one batch of bids against the books, in arrival order, and collecting what must be written.

Pure of I/O: the desk reads and locks before, writes and answers after. A draft that fails is thrown away together
with the books it touched. Ids are 128-bit integers.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from outcry.auctions import events
from outcry.auctions.book import Book, ShownEntry, bid_status, broadcast_bids_json, instant_json, own_bid_json
from outcry.auctions.chain import linked_hash
from outcry.auctions.errors import AuctionNotFound, refusal_error
from outcry.auctions.rules import Acceptance, Bid, Entry, Refusal, Status, decide
from outcry.kernel.errors import IdempotencyKeyReused, OutcryError
from outcry.kernel.ids import new_id_int, new_ids
from outcry.kernel.outbox import StoredEvent

# An accepted bid on an auction of its own needs one for its entry, its event and its outbid.
IDS_A_BID = 3


class PriorBid(msgspec.Struct, frozen=True, gc=False):
    """An accepted bid as its answer shows it: one of this batch, or the one that a key already stands for."""

    seq: int
    id: str
    kind: str
    amount: int
    max_amount: int
    offered_amount: int | None
    offered_max: int | None
    placed_us: int
    ordinal: int
    voided: bool


class AuctionThen:
    """An auction as a batch left it. Later batches move the book on before every answer has been written out."""

    __slots__ = ("_encoded", "_whole", "book", "leader_id", "leader_ordinal", "moving", "now_us", "seq", "status")

    def __init__(self, book: Book, now_us: int, moving: bytes) -> None:
        self.book = book
        self.now_us = now_us
        self.moving = moving
        self.seq = book.seq
        self.status = book.standing.status
        self.leader_id = book.standing.leader_id
        self.leader_ordinal = book.leader_ordinal
        self._encoded: dict[bool, bytes] = {}
        # One that is over is encoded by its view; that happens only when a key is repeated after the end.
        self._whole = None if self.status is Status.LIVE else book.view(now_us, None)

    def json(self, bidder_id: int) -> bytes:
        """As `bidder_id` sees it, encoded; only the leader's copy differs, so an auction is encoded at most twice."""
        leads = self.leader_id == bidder_id
        encoded = self._encoded.get(leads)
        if encoded is None:
            encoded = self._encoded[leads] = self._encode(leads)
        return encoded

    def _encode(self, leads: bool) -> bytes:
        whole = self._whole
        if whole is None:
            return self.book.live_json(self.moving, self.seq, self.leader_ordinal, leads)
        if whole.leader is not None:
            whole = msgspec.structs.replace(whole, leader=msgspec.structs.replace(whole.leader, is_you=leads))
        return msgspec.json.encode(whole)


class BidAnswer(msgspec.Struct, frozen=True, gc=False):
    """An accepted bid as its bidder sees it; `replayed` when its key was known."""

    bid: PriorBid
    auction: AuctionThen
    bidder_id: int
    replayed: bool = False

    @property
    def bid_json(self) -> bytes:
        """The bid, encoded."""
        bid, auction = self.bid, self.auction
        status = bid_status(auction.status, leads=auction.leader_id == self.bidder_id, voided=bid.voided)
        entry = (bid.id, bid.kind, bid.amount, bid.ordinal)
        placed_at = instant_json(bid.placed_us)
        return own_bid_json(auction.book, entry, status.encode(), placed_at, seq=bid.seq, max_amount=bid.max_amount)

    @property
    def auction_json(self) -> bytes:
        """The auction after it, encoded."""
        return self.auction.json(self.bidder_id)


class BidRequest:
    """A bid on its way to the desk. `done` is called once, with the answer or the refusal; it must not raise.

    `key` is always there: the desk's callers make one for a bid without (`made_key`), so that a batch whose commit
    was lost on the way back can be tried again without a bid counting twice.
    """

    __slots__ = ("amount", "auction_id", "bidder_id", "done", "key", "made_key", "max_amount")

    def __init__(
        self,
        auction_id: int,
        bidder_id: int,
        amount: int | None,
        max_amount: int | None,
        key: str | None,
        done: Callable[[BidAnswer | OutcryError], None],
    ) -> None:
        self.auction_id = auction_id
        self.bidder_id = bidder_id
        self.amount = amount
        self.max_amount = max_amount
        self.made_key = key is None
        self.key = key if key is not None else f"{new_id_int():x}"
        self.done = done


class Restricted(msgspec.Struct, frozen=True):
    """Who may not bid, of those in the batch: `blocked` holds (seller, bidder)."""

    suspended: frozenset[int] = frozenset()
    blocked: frozenset[tuple[int, int]] = frozenset()


NOBODY_RESTRICTED = Restricted()


# One new row of the history, in the order of the columns that `desk_sql.INSERT_BIDS` names.
BidRow = tuple[bytes, int, bytes, bytes, int, str, int, int, int | None, int | None, str | None, bytes]


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event a batch causes; `seq` is None on a person's channel, which counts itself."""

    channel: str
    seq: int | None
    id_bytes: bytes
    id: str
    type: str
    data: bytes

    def stored(self, seq: int, at: str) -> StoredEvent:
        """As the bus carries it."""
        return StoredEvent(self.id, self.channel, seq, self.type, self.data, at)


class Changed:
    """What a batch did to one auction."""

    __slots__ = ("book", "entries", "extended_before", "leader_before", "leader_max_before")

    def __init__(self, book: Book) -> None:
        self.book = book
        self.leader_before = book.standing.leader_id
        self.leader_max_before = book.standing.leader_max
        self.extended_before = book.standing.extended_count
        self.entries: list[ShownEntry] = []


class Draft:
    """The decisions of one batch."""

    def __init__(self, books: Mapping[int, Book], now_us: int) -> None:
        self.books = books
        self.now_us = now_us
        self.outcomes: list[tuple[BidRequest, OutcryError | PriorBid, bool]] = []
        self.written: list[BidRow] = []
        self.joined = 0
        self.changed: dict[int, Changed] = {}
        self.auction_events: list[NewEvent] = []
        self.outbid_events: list[NewEvent] = []
        self._now = instant_json(now_us)
        # How each auction with an answer to give stood at the end of the batch.
        self._repeated: set[int] = set()
        self._then: dict[int, AuctionThen] = {}
        self._ids: list[tuple[bytes, str]] = []
        self._ids_at_once = 1
        self._by_key: dict[tuple[int, int, str], PriorBid] = {}
        # Of a batch on a hot auction most bids meet the same refusal: it is made and worded once.
        self._refusals: dict[tuple[str, int | None, int | None, str | None], OutcryError] = {}

    def decide(
        self,
        requests: Sequence[BidRequest],
        prior: Mapping[int, PriorBid],
        restricted: Restricted = NOBODY_RESTRICTED,
    ) -> None:
        """Decide every request in order. `prior` is by position."""
        self._ids_at_once = IDS_A_BID * len(requests)
        by_key, outcomes, books = self._by_key, self.outcomes, self.books
        for position, request in enumerate(requests):
            earlier = prior.get(position) if prior else None
            if earlier is None and by_key:
                earlier = by_key.get((request.auction_id, request.bidder_id, request.key))
            if earlier is not None:
                same = (request.amount, request.max_amount) == (earlier.offered_amount, earlier.offered_max)
                outcomes.append((request, earlier if same else IdempotencyKeyReused(), same))
                self._repeated.add(request.auction_id)
                continue
            book = books.get(request.auction_id)
            if book is None:
                outcomes.append((request, AuctionNotFound(), False))
                continue
            outcome = decide(
                book.terms,
                book.standing,
                Bid(request.bidder_id, request.amount, request.max_amount),
                self.now_us,
                suspended=request.bidder_id in restricted.suspended,
                blocked=(book.seller_id, request.bidder_id) in restricted.blocked,
            )
            if type(outcome) is Refusal:
                outcomes.append((request, self._refused(outcome), False))
            else:
                assert isinstance(outcome, Acceptance)
                self._accept(request, book, outcome)

    def _refused(self, refusal: Refusal) -> OutcryError:
        facts = (refusal.code, refusal.minimum_bid, refusal.current_price, refusal.status)
        error = self._refusals.get(facts)
        if error is None:
            error = self._refusals[facts] = refusal_error(refusal)
        return error

    def _accept(self, request: BidRequest, book: Book, outcome: Acceptance) -> None:
        changed = self.changed.get(book.id)
        if changed is None:
            changed = self.changed[book.id] = Changed(book)
        bidder_id = request.bidder_id
        ordinal = book.bidders.get(bidder_id)
        if ordinal is None:
            ordinal = self._join(book, bidder_id)
        old_leader_ordinal = book.leader_ordinal
        book.standing = outcome.standing
        if outcome.standing.leader_id == bidder_id:
            book.leader_ordinal = ordinal
        own, shown = outcome.own, changed.entries
        for entry in outcome.entries:
            whose = ordinal if entry.bidder_id == bidder_id else old_leader_ordinal
            assert whose is not None
            if entry is not own:
                identity = self._write(book, entry, whose, None, None, None)
                shown.append((identity, entry.kind, entry.amount, whose))
                continue
            identity = self._write(book, entry, whose, request.amount, request.max_amount, request.key)
            shown.append((identity, entry.kind, entry.amount, whose))
            mine = PriorBid(
                entry.seq, identity, entry.kind, entry.amount, entry.max_amount,
                request.amount, request.max_amount, self.now_us, ordinal, False,
            )  # fmt: skip
            if not request.made_key:
                self._by_key[(book.id, bidder_id, request.key)] = mine
            self.outcomes.append((request, mine, False))

    def _join(self, book: Book, bidder_id: int) -> int:
        """The bidder's first standing bid here: an alias, kept for good, and one more bidder."""
        ordinal = book.inactive.pop(bidder_id, None)
        if ordinal is None:
            book.alias_count += 1
            ordinal = book.alias_count
        book.bidder_count += 1
        book.bidders[bidder_id] = ordinal
        self.joined += 1
        return ordinal

    def _new_id(self) -> tuple[bytes, str]:
        if not self._ids:
            self._ids = new_ids(self._ids_at_once)
        return self._ids.pop()

    def _write(
        self, book: Book, entry: Entry, ordinal: int, offered_amount: int | None, offered_max: int | None,
        key: str | None,
    ) -> str:  # fmt: skip
        """Append `entry` to the history; an entry of the bidder's own carries what was offered. Returns its id."""
        id_bytes, identity = self._new_id()
        bidder_id = entry.bidder_id
        assert isinstance(bidder_id, int)
        bidder = bidder_id.to_bytes(16, "big")
        seq, kind, amount, maximum = entry.seq, entry.kind, entry.amount, entry.max_amount
        book.chain_head = head = linked_hash(
            book.chain_head, id_bytes, bidder,
            (seq, kind, amount, maximum, offered_amount, offered_max, None, self.now_us),
        )  # fmt: skip
        self.written.append(
            (book.id_bytes, seq, id_bytes, bidder, ordinal, kind, amount, maximum, offered_amount, offered_max, key,
             head)
        )  # fmt: skip
        return identity

    def conclude(self) -> None:
        """One `bid_placed` for each auction that visibly changed, one `outbid` for each leader shown before.

        Also keeps how the auctions stand now, for the answers.
        """
        now = self._now
        for changed in self.changed.values():
            book = changed.book
            moving = book.moving_json(now)
            shown = broadcast_bids_json(book, changed.entries, now)
            if shown:
                book.seq += 1
                self._tell(book, "bid_placed", events.bid_placed_json(book, moving, shown, book.seq))
            if book.standing.extended_count > changed.extended_before:
                book.seq += 1
                self._tell(book, "auction_extended", events.auction_extended_json(book, now))
            loser = changed.leader_before
            if isinstance(loser, int) and loser != book.standing.leader_id:
                data = events.outbid_json(book, moving, changed.leader_max_before)
                self.outbid_events.append(NewEvent(events.user_channel(loser), None, *self._new_id(), "outbid", data))
            self._then[book.id] = AuctionThen(book, self.now_us, moving)
        for auction_id in self._repeated - self._then.keys():
            book = self.books[auction_id]
            self._then[auction_id] = AuctionThen(book, self.now_us, book.moving_json(now))

    def _tell(self, book: Book, kind: str, data: bytes) -> None:
        self.auction_events.append(NewEvent(book.channel, book.seq, *self._new_id(), kind, data))

    def answer(self) -> None:
        """Tell every bidder, once the batch is durable."""
        for request, outcome, replayed in self.outcomes:
            if isinstance(outcome, OutcryError):
                request.done(outcome)
            else:
                request.done(BidAnswer(outcome, self._then[request.auction_id], request.bidder_id, replayed))

    def published(self, heard: Callable[[str], bool], outbid_seqs: Sequence[int]) -> list[StoredEvent]:
        """The events somebody may be listening to, as the bus carries them; `outbid_seqs` in their order."""
        at = self._now.decode()
        told = [event.stored(event.seq or 0, at) for event in self.auction_events if heard(event.channel)]
        for event, seq in zip(self.outbid_events, outbid_seqs, strict=True):
            if heard(event.channel):
                told.append(event.stored(seq, at))
        return told
