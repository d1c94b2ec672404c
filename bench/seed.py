"""People, sessions and live auctions put straight into the product's tables, so that a benchmark starts at once.

Every function takes a psycopg connection of the database's owner and is set-based. Bidders and auctions have the ids
that `bench.rivals.design` numbers, so all designs see the same.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from bench.rivals.design import INCREMENT, STARTING_PRICE, auction_id, bidder_id
from outcry.auctions.chain import entry_hash, genesis
from outcry.kernel.crypto import KeyRing
from outcry.kernel.ids import new_id
from outcry.kernel.times import to_microseconds

CATEGORY = "other"
CURRENCY = "USD"
A_DAY = timedelta(days=1)

_CATEGORY = """
INSERT INTO categories (slug, name, position, attribute_schema) VALUES (%s, 'Other', 1, '{}') ON CONFLICT DO NOTHING
"""
_LISTINGS = """
INSERT INTO listings (id, seller_id, title, description, category, condition, sale_type, currency, fulfilment, status,
    auction_live, current_auction_id, published_at)
SELECT listing, %(seller)s, 'Lot ' || number, 'For the benchmark', %(category)s, 'used', 'auction', %(currency)s,
    '{shipping}', 'active', true, auction, now()
FROM unnest(%(listings)s::uuid[], %(auctions)s::uuid[]) WITH ORDINALITY AS t (listing, auction, number)
"""
_AUCTIONS = """
INSERT INTO auctions (id, listing_id, seller_id, status, currency, starting_price, bid_increment, bands, award,
    snipe_window_seconds, snipe_extension_seconds, duration_seconds, starts_at, ends_at, first_ends_at, reserve_met,
    chain_head)
SELECT auction, listing, %(seller)s, 'live', %(currency)s, %(starting_price)s, %(increment)s, '[]', 'automatic',
    0, 0, %(seconds)s, clock_timestamp(), due, due, true, head
FROM unnest(%(listings)s::uuid[], %(auctions)s::uuid[], %(heads)s::bytea[]) AS t (listing, auction, head),
    (SELECT clock_timestamp() + make_interval(secs => %(seconds)s) AS due) AS clock
"""

_STANDING = """
UPDATE auctions SET current_price = %s, leader_id = %s, leader_ordinal = %s, leader_max = %s, bid_count = %s,
    bidder_count = %s, alias_count = %s, entry_count = %s, chain_head = %s
WHERE id = %s
"""
_COPIED_TYPES = ["uuid", "int8", "uuid", "uuid", "int4", "text", "int8", "int8", "int8", "timestamptz", "text", "bytea"]


def seed_people(connection: psycopg.Connection, people: int) -> list[UUID]:
    """Bidders 0 to `people` - 1, as users in good standing."""
    ids = [bidder_id(number) for number in range(people)]
    connection.execute(
        "INSERT INTO users (id, display_name) SELECT id, 'Bidder ' || number"
        " FROM unnest(%s::uuid[]) WITH ORDINALITY AS t (id, number) ON CONFLICT DO NOTHING",
        (ids,),
    )
    return ids


def seed_auctions(
    connection: psycopg.Connection, auctions: int, *, first: int = 0, ends_in: timedelta = A_DAY
) -> list[UUID]:
    """Live auctions `first` to `first + auctions - 1` of one seller, all ending at the same instant."""
    seller = new_id()
    listings = [new_id() for _ in range(auctions)]
    ids = [auction_id(first + number) for number in range(auctions)]
    parameters = {
        "seller": seller,
        "category": CATEGORY,
        "currency": CURRENCY,
        "listings": listings,
        "auctions": ids,
        "heads": [genesis(each.int) for each in ids],
        "starting_price": STARTING_PRICE,
        "increment": INCREMENT,
        "seconds": int(ends_in.total_seconds()),
    }
    with connection.transaction():
        connection.execute("INSERT INTO users (id, display_name) VALUES (%s, 'Seller')", (seller,))
        connection.execute(_CATEGORY, (CATEGORY,))
        connection.execute(_LISTINGS, parameters)
        connection.execute(_AUCTIONS, parameters)
    return ids


def seed_sessions(connection: psycopg.Connection, people: Sequence[UUID]) -> list[UUID]:
    """One open session for each of `people`."""
    sessions = [new_id() for _ in people]
    connection.execute(
        "INSERT INTO sessions (id, user_id, origin) SELECT *, 'benchmark' FROM unnest(%s::uuid[], %s::uuid[])",
        (sessions, list(people)),
    )
    return sessions


def access_tokens(
    connection: psycopg.Connection, keys: KeyRing, people: Sequence[UUID], *, issuer: str, access_seconds: int = 86_400
) -> list[str]:
    """A signed access token for each of `people`, of a session of its own."""
    from outcry.identity.tokens import Tokens

    tokens = Tokens(keys, issuer=issuer, access_seconds=access_seconds)
    sessions = seed_sessions(connection, people)
    return [tokens.access_token(*pair) for pair in zip(people, sessions, strict=True)]


def seed_history(connection: psycopg.Connection, auction: UUID, bidders: Sequence[UUID], bids: int) -> None:
    """`bids` accepted bids in turn by `bidders` on a live auction without any, chained as the desk would."""
    head, price = genesis(auction.int), STARTING_PRICE - INCREMENT
    placed = datetime.now(UTC)
    placed_us = to_microseconds(placed)
    columns = (
        "auction_id, seq, id, bidder_id, bidder_ordinal, kind, amount, max_amount, offered_amount, placed_at,"
        " idempotency_key, entry_hash"
    )
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy(f"COPY bids ({columns}) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(_COPIED_TYPES)
            for seq in range(1, bids + 1):
                ordinal = (seq - 1) % len(bidders)
                bidder, entry, price = bidders[ordinal], new_id(), price + INCREMENT
                head = entry_hash(
                    head,
                    seq=seq,
                    entry_id=entry.int,
                    bidder_id=bidder.int,
                    kind="bid",
                    amount=price,
                    max_amount=price,
                    offered_amount=price,
                    offered_max=None,
                    target_seq=None,
                    placed_us=placed_us,
                )
                row = (auction, seq, entry, bidder, ordinal + 1, "bid", price, price, price, placed, f"h{seq}", head)
                copy.write_row(row)
        known = min(len(bidders), bids)
        connection.execute(_STANDING, (price, bidder, ordinal + 1, price, bids, known, known, bids, head, auction))
