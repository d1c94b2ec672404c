"""The hash chain that makes an auction's history tamper-evident (SPEC AUC-12).

Each entry's hash covers the hash before it and everything the entry says; the head stands on the auction's row.
Changing, dropping, adding or reordering an entry breaks every hash after it. Ids are 128-bit integers.
"""

import struct
from hashlib import sha256

GENESIS_PREFIX = b"outcry/auction/1\0"
_KIND_CODES = {"bid": 1, "auto": 2, "raise": 3, "retraction": 4}
# seq, kind, amount, max_amount, offered_amount, offered_max, target_seq, placed_us; -1 stands for "not given".
_FACTS = struct.Struct(">QBqqqqqq").pack


def genesis(auction_id: int) -> bytes:
    """The head of an auction without entries."""
    return sha256(GENESIS_PREFIX + auction_id.to_bytes(16, "big")).digest()


def entry_hash(
    previous: bytes,
    *,
    seq: int,
    entry_id: int,
    bidder_id: int,
    kind: str,
    amount: int,
    max_amount: int,
    offered_amount: int | None,
    offered_max: int | None,
    target_seq: int | None,
    placed_us: int,
) -> bytes:
    """32 bytes that stand for this entry and all before it. `placed_us` in microseconds since the epoch."""
    return linked_hash(
        previous,
        entry_id.to_bytes(16, "big"),
        bidder_id.to_bytes(16, "big"),
        (seq, kind, amount, max_amount, offered_amount, offered_max, target_seq, placed_us),
    )


def linked_hash(
    previous: bytes,
    entry_id: bytes,
    bidder_id: bytes,
    facts: tuple[int, str, int, int, int | None, int | None, int | None, int],
) -> bytes:
    """`entry_hash` with ids as their 16 bytes and the rest in its order; what the desk calls for every entry."""
    seq, kind, amount, max_amount, offered_amount, offered_max, target_seq, placed_us = facts
    return sha256(
        previous
        + entry_id
        + bidder_id
        + _FACTS(
            seq,
            _KIND_CODES[kind],
            amount,
            max_amount,
            -1 if offered_amount is None else offered_amount,
            -1 if offered_max is None else offered_max,
            -1 if target_seq is None else target_seq,
            placed_us,
        )
    ).digest()
