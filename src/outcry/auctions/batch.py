"""Deciding one batch of bids against the books, in arrival order, and collecting what must be written.

Pure of I/O: the desk reads and locks before, writes and answers after. A draft that fails is thrown away together
with the books it touched. Ids are 128-bit integers.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import msgspec

from outcry.auctions import events
from outcry.auctions.book import Book, ShownEntry, bid_status, broadcast_bids_json, instant_json, own_bid_json
from outcry.auctions.chain import linked_hash
from outcry.auctions.errors import AuctionNotFound, refusal_error
from outcry.auctions.rules import Acceptance, Bid, Entry, Refusal, Status, decide
from outcry.auctions.security import Funds
from outcry.kernel.errors import IdempotencyKeyReused, OutcryError
from outcry.kernel.ids import id_text, new_id_int, new_id_run, new_ids
from outcry.kernel.outbox import StoredEvent
from outcry.ledger.errors import InsufficientFunds

_log = logging.getLogger("outcry.desk")

# What an auction that changed may tell: its bids, its new end, its outbid.
EVENTS_AN_AUCTION = 3


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
    """A bid on its way to the desk. `done` is called once, with the answer or the refusal.

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


class Extension(msgspec.Struct, frozen=True, gc=False):
    """An `auction_extended` event: rare, so it is written as the text it is."""

    channel: str
    seq: int
    id: bytes
    data: bytes


class Changed:
    """What a batch did to one auction, and what it tells: `bid_placed` if it shows, `outbid` if the lead changed."""

    __slots__ = (
        "book", "entries", "event_id", "event_seq", "extended_before", "leader_before", "leader_max_before",
        "outbid_id", "outbid_user_id", "then", "version_before",
    )  # fmt: skip

    def __init__(self, book: Book) -> None:
        self.book = book
        self.version_before = book.version
        self.leader_before = book.standing.leader_id
        self.leader_max_before = book.standing.leader_max
        self.extended_before = book.standing.extended_count
        self.entries: list[ShownEntry] = []
        self.event_id: bytes | None = None
        self.event_seq: int | None = None
        self.outbid_id: bytes | None = None
        self.outbid_user_id: int | None = None
        self.then: AuctionThen | None = None

    def bid_placed(self, now: bytes, at: str) -> StoredEvent:
        """As the bus carries it."""
        then, book = self.then, self.book
        assert then is not None
        assert self.event_id is not None
        assert self.event_seq is not None
        shown = broadcast_bids_json(book, self.entries, then.leader_ordinal, now)
        data = events.bid_placed_json(then.moving, then.leader_ordinal, shown, self.event_seq)
        return StoredEvent(_text(self.event_id), book.channel, self.event_seq, "bid_placed", data, at)

    def outbid(self, channel: str, seq: int, at: str) -> StoredEvent:
        """As the bus carries it."""
        then = self.then
        assert then is not None
        assert self.outbid_id is not None
        data = events.outbid_json(self.book, then.moving, then.leader_ordinal, self.leader_max_before)
        return StoredEvent(_text(self.outbid_id), channel, seq, "outbid", data, at)


class Draft:
    """The decisions of one batch."""

    def __init__(self, books: Mapping[int, Book], now_us: int, funds: Funds | None = None) -> None:
        self.books = books
        self.funds = funds or Funds({})
        self.lacks_funds = False
        # Where the auctions move among the steps that write this.
        self.moving_step = 1
        self.now_us = now_us
        self.outcomes: list[tuple[BidRequest, OutcryError | PriorBid, bool]] = []
        self.written: list[BidRow] = []
        self.joined = 0
        self.changed: dict[int, Changed] = {}
        # The same in the order of their ids, in which everyone locks auctions.
        self.moved: list[Changed] = []
        self.refused: list[BidRequest] = []
        self.extensions: list[Extension] = []
        # Those whose leader was put off the lead, in the order of `moved`.
        self.outbids: list[Changed] = []
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
        self._ids_at_once = len(requests)
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
                outcomes.append((request, self._refusal(outcome), False))
                self.refused.append(request)
            else:
                assert isinstance(outcome, Acceptance)
                if book.is_secured and not self.funds.backs(book, request.bidder_id, outcome):
                    self.lacks_funds = True
                    outcomes.append((request, InsufficientFunds(book.currency), False))
                    self.refused.append(request)
                    continue
                self._accept(request, book, outcome)

    def _refusal(self, refusal: Refusal) -> OutcryError:
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
            # Taken from the end, and rising: the index of the entries grows at its right edge.
            self._ids = new_ids(self._ids_at_once)[::-1]
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

        Also keeps how the auctions stand now, for the answers and for what is told.
        """
        now = self._now
        self.moved = sorted(self.changed.values(), key=lambda changed: changed.book.id)
        ids = iter(new_id_run(EVENTS_AN_AUCTION * len(self.moved)))
        for changed in self.moved:
            book = changed.book
            if any(entry[1] != "raise" for entry in changed.entries):
                book.seq += 1
                changed.event_id, changed.event_seq = next(ids), book.seq
            if book.standing.extended_count > changed.extended_before:
                book.seq += 1
                data = events.auction_extended_json(book, now)
                self.extensions.append(Extension(book.channel, book.seq, next(ids), data))
            loser = changed.leader_before
            if isinstance(loser, int) and loser != book.standing.leader_id:
                changed.outbid_id, changed.outbid_user_id = next(ids), loser
                self.outbids.append(changed)
            changed.then = self._then[book.id] = AuctionThen(book, self.now_us, book.moving_json(now))
        for auction_id in self._repeated - self._then.keys():
            book = self.books[auction_id]
            self._then[auction_id] = AuctionThen(book, self.now_us, book.moving_json(now))

    def answer(self) -> None:
        """Tell every bidder, once the batch is durable."""
        for request, outcome, replayed in self.outcomes:
            try:
                if isinstance(outcome, OutcryError):
                    request.done(outcome)
                else:
                    request.done(BidAnswer(outcome, self._then[request.auction_id], request.bidder_id, replayed))
            except Exception:
                # The decision stands, and the others wait for theirs.
                _log.exception("a bidder could not be answered")

    def published(self, heard: Callable[[str], bool], outbid_seqs: Sequence[int]) -> list[StoredEvent]:
        """The events somebody may be listening to, as the bus carries them; `outbid_seqs` in the order of `outbids`."""
        now, at = self._now, self._now.decode()
        told: list[StoredEvent] = []
        for changed in self.moved:
            if changed.event_id is not None and heard(changed.book.channel):
                told.append(changed.bid_placed(now, at))
        for one in self.extensions:
            if heard(one.channel):
                told.append(StoredEvent(_text(one.id), one.channel, one.seq, "auction_extended", one.data, at))
        for changed, seq in zip(self.outbids, outbid_seqs, strict=True):
            channel = events.user_channel(changed.outbid_user_id or 0)
            if heard(channel):
                told.append(changed.outbid(channel, seq, at))
        return told


def _text(id_bytes: bytes) -> str:
    return id_text(int.from_bytes(id_bytes, "big"))
