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
from outcry.auctions.rules import Acceptance, Bid, Entry, Refusal, decide
from outcry.kernel.errors import IdempotencyKeyReused, OutcryError
from outcry.kernel.ids import new_id_int, new_ids
from outcry.kernel.outbox import StoredEvent

# An accepted bid on an auction of its own needs one for its entry, its event and its outbid.
IDS_A_BID = 3


class BidAnswer(msgspec.Struct, frozen=True, gc=False):
    """An accepted bid as its bidder sees it, already encoded; `replayed` when its key was known."""

    bid_json: bytes
    auction_json: bytes
    replayed: bool = False


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

    __slots__ = ("book", "entries", "extended_before", "leader_before", "leader_max_before", "moving")

    def __init__(self, book: Book) -> None:
        self.book = book
        self.leader_before = book.standing.leader_id
        self.leader_max_before = book.standing.leader_max
        self.extended_before = book.standing.extended_count
        self.entries: list[ShownEntry] = []
        # `Book.moving_json` at the end of the batch; events and answers share it.
        self.moving = b""


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
        self._ids: list[tuple[bytes, str]] = []
        self._ids_at_once = 1
        self._by_key: dict[tuple[int, int, str], PriorBid] = {}
        # Of a batch on a hot auction most bids meet the same refusal: it is made and worded once.
        self._refusals: dict[tuple[str, int | None, int | None, str | None], OutcryError] = {}

    def decide(
        self,
        requests: Sequence[BidRequest],
        prior: Mapping[int, PriorBid],
        inactive: Mapping[tuple[int, int], int],
        restricted: Restricted = NOBODY_RESTRICTED,
    ) -> None:
        """Decide every request in order. `prior` is by position; `inactive` bidders keep the alias they had."""
        self._ids_at_once = IDS_A_BID * len(requests)
        by_key, outcomes, books = self._by_key, self.outcomes, self.books
        for position, request in enumerate(requests):
            earlier = prior.get(position) if prior else None
            if earlier is None and by_key:
                earlier = by_key.get((request.auction_id, request.bidder_id, request.key))
            if earlier is not None:
                same = (request.amount, request.max_amount) == (earlier.offered_amount, earlier.offered_max)
                outcomes.append((request, earlier if same else IdempotencyKeyReused(), same))
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
                self._accept(request, book, outcome, inactive)

    def _refused(self, refusal: Refusal) -> OutcryError:
        facts = (refusal.code, refusal.minimum_bid, refusal.current_price, refusal.status)
        error = self._refusals.get(facts)
        if error is None:
            error = self._refusals[facts] = refusal_error(refusal)
        return error

    def _accept(
        self, request: BidRequest, book: Book, outcome: Acceptance, inactive: Mapping[tuple[int, int], int]
    ) -> None:
        changed = self.changed.get(book.id)
        if changed is None:
            changed = self.changed[book.id] = Changed(book)
        bidder_id = request.bidder_id
        ordinal = book.bidders.get(bidder_id)
        if ordinal is None:
            ordinal = self._join(book, bidder_id, inactive)
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

    def _join(self, book: Book, bidder_id: int, inactive: Mapping[tuple[int, int], int]) -> int:
        """The bidder's first standing bid here: an alias, kept for good, and one more bidder."""
        ordinal = inactive.get((book.id, bidder_id))
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

    def compose_events(self) -> None:
        """One `bid_placed` for each auction that visibly changed, one `outbid` for each leader shown before."""
        now = self._now
        for changed in self.changed.values():
            book = changed.book
            changed.moving = moving = book.moving_json(now)
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

    def _tell(self, book: Book, kind: str, data: bytes) -> None:
        self.auction_events.append(NewEvent(book.channel, book.seq, *self._new_id(), kind, data))

    def answer(self) -> None:
        """Tell every bidder, once the batch is durable."""
        encoded: dict[tuple[int, bool], bytes] = {}
        for request, outcome, replayed in self.outcomes:
            if isinstance(outcome, OutcryError):
                request.done(outcome)
                continue
            book = self.books[request.auction_id]
            # Only the leader's copy differs, so an auction is encoded at most twice a batch.
            leads = book.standing.leader_id == request.bidder_id
            auction_json = encoded.get((book.id, leads))
            if auction_json is None:
                auction_json = encoded[(book.id, leads)] = self._auction_json(book, leads, request.bidder_id)
            request.done(BidAnswer(self._own_json(book, outcome, leads), auction_json, replayed))

    def _auction_json(self, book: Book, leads: bool, bidder_id: int) -> bytes:
        changed = self.changed.get(book.id)
        if changed is not None:
            return book.live_json(changed.moving, leads)
        return book.auction_json(self.now_us, bidder_id if leads else None)

    def _own_json(self, book: Book, bid: PriorBid, leads: bool) -> bytes:
        """A bid as its owner sees it."""
        placed_at = self._now if bid.placed_us == self.now_us else instant_json(bid.placed_us)
        status = bid_status(book.standing.status, leads=leads, voided=bid.voided).encode()
        entry = (bid.id, bid.kind, bid.amount, bid.ordinal)
        return own_bid_json(book, entry, status, placed_at, seq=bid.seq, max_amount=bid.max_amount)

    def published(self, heard: Callable[[str], bool], outbid_seqs: Sequence[int]) -> list[StoredEvent]:
        """The events somebody may be listening to, as the bus carries them; `outbid_seqs` in their order."""
        at = self._now.decode()
        told = [event.stored(event.seq or 0, at) for event in self.auction_events if heard(event.channel)]
        for event, seq in zip(self.outbid_events, outbid_seqs, strict=True):
            if heard(event.channel):
                told.append(event.stored(seq, at))
        return told
