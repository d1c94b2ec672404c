"""What auctions tell the world (API.md "The socket"): on `auction:ID` for all, on `user:ID` for one.

The two that a bid causes are formatted, not built: they are written for every batch.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from outcry.auctions.book import Book
from outcry.auctions.schemas import AuctionView
from outcry.kernel.ids import id_text
from outcry.kernel.times import rfc3339_microseconds


def auction_channel(auction_id: UUID | int) -> str:
    """The channel of an auction's watchers."""
    return f"auction:{id_text(auction_id) if isinstance(auction_id, int) else auction_id}"


def user_channel(user_id: UUID | int) -> str:
    """A person's own channel; on the wire it is named `user`."""
    return f"user:{id_text(user_id) if isinstance(user_id, int) else user_id}"


def bid_placed_json(book: Book, bids: Sequence[bytes], seq: int, now_us: int) -> bytes:
    """What changed by the bids of one batch; when coalesced, one stands for `seq_from..seq`."""
    return b'{%b,"leader":%b,"bids":[%b],"seq_from":%d}' % (
        book.moving_json(now_us),
        book.broadcast_leader_json(),
        b",".join(bids),
        seq,
    )


def auction_extended_json(book: Book, now_us: int) -> bytes:
    """The end moved later (SPEC AUC-4)."""
    return b'{"ends_at":"%b","extended_count":%d,"server_time":"%b"}' % (
        rfc3339_microseconds(book.standing.ends_at_us or 0).encode(),
        book.standing.extended_count,
        rfc3339_microseconds(now_us).encode(),
    )


def outbid_json(book: Book, your_max: int, now_us: int) -> bytes:
    """To the one who led before, with its own maximum."""
    return b'{"auction_id":"%b","listing_id":"%b","currency":"%b","max_amount":%d,%b,"leader":%b}' % (
        id_text(book.id).encode(),
        id_text(book.listing_id).encode(),
        book.currency.encode(),
        your_max,
        book.moving_json(now_us),
        book.broadcast_leader_json(),
    )


def state_of(view: AuctionView) -> dict[str, Any]:
    """The whole public auction, as `auction_started`, `auction_ended` and `auction_updated` carry it."""
    from msgspec import structs, to_builtins

    shown = structs.replace(view, leader=None if view.leader is None else structs.replace(view.leader))
    plain: dict[str, Any] = to_builtins(shown)
    if plain.get("leader"):
        plain["leader"].pop("is_you", None)
    plain.pop("seq", None)
    return plain
