"""What a batch sends to the database: its draft as the columns of the desk's statements. Pure."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from outcry.auctions import desk_sql as sql
from outcry.auctions.batch import BidRequest, Changed, Draft
from outcry.auctions.events import user_channel
from outcry.kernel.arrays import BigInts, Booleans, Byteas, Instants, Ints, JsonTexts, Texts, UuidBytes, UuidInts
from outcry.kernel.pipeline import Step


class Outbids:
    """Where each outbid stands on its person's channel: several of one batch may be the same person's.

    Channels are sorted, so that batches lock them in one order.
    """

    def __init__(self, outbids: Sequence[Changed]) -> None:
        counts: dict[str, int] = {}
        numbered: list[tuple[str, int]] = []
        for changed in outbids:
            channel = user_channel(changed.outbid_user_id or 0)
            counts[channel] = number = counts.get(channel, 0) + 1
            numbered.append((channel, number))
        self.channels = sorted(counts)
        self.counts = [counts[channel] for channel in self.channels]
        places = {channel: place for place, channel in enumerate(self.channels, 1)}
        self.places = [places[channel] for channel, _ in numbered]
        self.backs = [counts[channel] - number for channel, number in numbered]

    def seqs(self, counted: Sequence[int]) -> list[int]:
        """The seq of each outbid, when the channels stand at `counted` after the batch."""
        return [counted[place - 1] - back for place, back in zip(self.places, self.backs, strict=True)]


class Proof(msgspec.Struct, frozen=True):
    """What a batch was decided on, besides its auctions' versions; None asks nothing, for one that holds the locks."""

    restriction_version: int | None = None
    within_seconds: int | None = None


def writing_steps(draft: Draft, outbids: Outbids, proof: Proof) -> list[Step]:
    """A whole transaction; step `draft.moving_step` gives its number, the time, and how the counted channels stand."""
    binding, moving = draft.funds.binding(), _move_columns(draft, outbids, proof)
    # Asked after the binding, which proves the money of those it binds.
    securing = draft.funds.steps()
    draft.moving_step = 1 + len(securing)
    steps: list[Step] = [
        (sql.BEGIN, ()),
        *securing,
        (sql.MOVE_AUCTIONS, moving) if binding is None else (sql.MOVE_SECURED, (*moving, *binding)),
        (sql.INSERT_BIDS, _bid_columns(draft)),
    ]
    if draft.extensions:
        steps.append((sql.APPEND_EXTENSIONS, _extension_columns(draft)))
    return [*steps, (sql.COMMIT, ())]


def guard_step(draft: Draft, batch: Sequence[BidRequest], proof: Proof) -> Step:
    """The proof of a batch that changes nothing."""
    books = draft.books.values()
    return sql.GUARD, (
        UuidBytes([book.id_bytes for book in books]),
        BigInts([book.version for book in books]),
        Instants([draft.now_us]),
        Ints([proof.within_seconds]),
        BigInts([proof.restriction_version]),
        *_keyed_columns([request for request in batch if not request.made_key]),
    )


def _keyed_columns(requests: Sequence[BidRequest]) -> tuple[Any, ...]:
    return (
        UuidInts([request.auction_id for request in requests]),
        UuidInts([request.bidder_id for request in requests]),
        Texts([request.key for request in requests]),
    )


def key_columns(keyed: Sequence[tuple[int, BidRequest]]) -> tuple[Any, ...]:
    """Keys to be looked up, by the position of their bid in the batch."""
    return (Ints([position for position, _ in keyed]), *_keyed_columns([request for _, request in keyed]))


def pair_columns(pairs: Collection[tuple[int, int]]) -> tuple[Any, ...]:
    """(auction, bidder) to be looked up."""
    return UuidInts([auction_id for auction_id, _ in pairs]), UuidInts([bidder_id for _, bidder_id in pairs])


def _bid_columns(draft: Draft) -> tuple[Any, ...]:
    (
        auctions, seqs, ids, bidders, ordinals, kinds, amounts, maxima, offered_amounts, offered_maxima, keys, hashes,
    ) = map(list[Any], zip(*draft.written, strict=True))  # fmt: skip
    return (
        UuidBytes(auctions),
        BigInts(seqs),
        UuidBytes(ids),
        UuidBytes(bidders),
        Ints(ordinals),
        Texts(kinds),
        BigInts(amounts),
        BigInts(maxima),
        BigInts(offered_amounts),
        BigInts(offered_maxima),
        Texts(keys),
        Byteas(hashes),
        Instants([draft.now_us]),
    )


def _move_columns(draft: Draft, outbids: Outbids, proof: Proof) -> tuple[Any, ...]:
    moved = draft.moved
    others = [book for book in draft.books.values() if book.id not in draft.changed]
    books = [changed.book for changed in moved]
    standings = [book.standing for book in books]
    places: list[int | None] = [None] * len(moved)
    backs = places.copy()
    ways_back = zip(outbids.places, outbids.backs, strict=True)
    for at, changed in enumerate(moved):
        if changed.outbid_id is not None:
            places[at], backs[at] = next(ways_back)
    return (
        Texts(outbids.channels),
        BigInts(outbids.counts),
        Instants([draft.now_us]),
        UuidBytes([book.id_bytes for book in books]),
        BigInts([standing.price for standing in standings]),
        UuidInts([standing.leader_id for standing in standings]),  # type: ignore[misc]
        Ints([book.leader_ordinal for book in books]),
        BigInts([standing.leader_max for standing in standings]),
        Booleans([standing.reserve_met for standing in standings]),
        Ints([standing.bid_count for standing in standings]),
        Ints([book.bidder_count for book in books]),
        Ints([book.alias_count for book in books]),
        Ints([standing.extended_count for standing in standings]),
        BigInts([standing.entry_count for standing in standings]),
        Instants([standing.ends_at_us for standing in standings]),
        Byteas([book.chain_head for book in books]),
        BigInts([book.seq for book in books]),
        BigInts([changed.event_seq for changed in moved]),
        UuidBytes([changed.event_id for changed in moved]),
        Ints([len(changed.entries) for changed in moved]),
        UuidBytes([changed.outbid_id for changed in moved]),
        UuidInts([changed.outbid_user_id for changed in moved]),
        BigInts([None if changed.outbid_id is None else changed.leader_max_before for changed in moved]),
        Ints(places),
        Ints(backs),
        BigInts([changed.version_before for changed in moved]),
        UuidBytes([book.id_bytes for book in others]),
        BigInts([book.version for book in others]),
        Ints([proof.within_seconds]),
        BigInts([proof.restriction_version]),
        *_keyed_columns([request for request in draft.refused if not request.made_key]),
    )


def _extension_columns(draft: Draft) -> tuple[Any, ...]:
    told = draft.extensions
    return (
        Instants([draft.now_us]),
        Texts([one.channel for one in told]),
        BigInts([one.seq for one in told]),
        UuidBytes([one.id for one in told]),
        JsonTexts([one.data for one in told]),
    )
