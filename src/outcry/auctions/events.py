"""What auctions tell the world (API.md "The socket"): on `auction:ID` for all, on `user:ID` for one.

The two that a bid causes are formatted, not built: there are some for every batch. They are worded here when somebody
listens, and by the database (`events_after`, migration 0011) when somebody catches up; a test holds the two together.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from outcry.auctions.book import Book
from outcry.auctions.schemas import AuctionView
from outcry.kernel.ids import id_text

_CACHED_CHANNELS = 65_536


def auction_channel(auction_id: UUID | int) -> str:
    """The channel of an auction's watchers."""
    return f"auction:{id_text(auction_id) if isinstance(auction_id, int) else auction_id}"


@lru_cache(_CACHED_CHANNELS)
def user_channel(user_id: UUID | int) -> str:
    """A person's own channel; on the wire it is named `user`."""
    return f"user:{id_text(user_id) if isinstance(user_id, int) else user_id}"


def bid_placed_json(moving: bytes, leader_ordinal: int | None, bids: Sequence[bytes], seq: int) -> bytes:
    """What changed by the bids of one batch; when coalesced, one stands for `seq_from..seq`."""
    return b'{%b,"leader":%b,"bids":[%b],"seq_from":%d}' % (moving, _leader(leader_ordinal), b",".join(bids), seq)


def auction_extended_json(book: Book, now: bytes) -> bytes:
    """The end moved later (SPEC AUC-4)."""
    return b'{"ends_at":"%b","extended_count":%d,"server_time":"%b"}' % (
        book.ends_json(),
        book.standing.extended_count,
        now,
    )


def outbid_json(book: Book, moving: bytes, leader_ordinal: int | None, your_max: int) -> bytes:
    """To the one who led before, with its own maximum."""
    return b'{%b"max_amount":%d,%b,"leader":%b}' % (book.outbid_json, your_max, moving, _leader(leader_ordinal))


def _leader(ordinal: int | None) -> bytes:
    """As all watchers see it: by alias alone."""
    return b"null" if ordinal is None else b'{"alias":"Bidder %d"}' % ordinal


def state_of(view: AuctionView) -> dict[str, Any]:
    """The whole public auction, as `auction_started`, `auction_ended` and `auction_updated` carry it."""
    from msgspec import structs, to_builtins

    shown = structs.replace(view, leader=None if view.leader is None else structs.replace(view.leader))
    plain: dict[str, Any] = to_builtins(shown)
    if plain.get("leader"):
        plain["leader"].pop("is_you", None)
    plain.pop("seq", None)
    return plain
