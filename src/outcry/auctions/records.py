"""What auctions keep of a person, for the person's own copy of its data (SPEC ID-7), and what keeps it from leaving."""

from typing import Any
from uuid import UUID

from outcry.auctions.errors import AuctionsOpen
from outcry.kernel.database import Transaction
from outcry.kernel.personal import exported

_AUCTIONS = """
SELECT id, listing_id, status, currency, starting_price, reserve_price, buy_now_price, award, bid_security,
    deposit_amount, current_price, final_price, bid_count, starts_at, ends_at, closed_at, created_at
FROM auctions WHERE seller_id = :person ORDER BY id DESC LIMIT :limit
"""
# With its hidden maximums: they are its own.
_BIDS = """
SELECT auction_id, id, kind, amount, max_amount, placed_at, voided_at FROM bids WHERE bidder_id = :person
ORDER BY auction_id DESC, seq DESC LIMIT :limit
"""
_COUNTER_OFFERS = """
SELECT id, auction_id, CASE WHEN buyer_id = :person THEN 'buyer' ELSE 'seller' END AS role, amount, status, expires_at,
    created_at, answered_at
FROM counter_offers WHERE :person IN (buyer_id, seller_id) ORDER BY id DESC LIMIT :limit
"""
_WATCHED = """
SELECT auction_id, created_at FROM auction_watches WHERE user_id = :person ORDER BY auction_id DESC LIMIT :limit
"""
_PARTS = {"auctions": _AUCTIONS, "bids": _BIDS, "counter_offers": _COUNTER_OFFERS, "watched_auctions": _WATCHED}
_SELLING = """
SELECT count(*) FROM auctions WHERE seller_id = :person AND status IN ('scheduled', 'live', 'awaiting_decision')
"""
_LEADING = "SELECT count(*) FROM auctions WHERE leader_id = :person AND status IN ('live', 'awaiting_decision')"


class AuctionRecords:
    """A `PersonalRecords` of identity."""

    async def export(self, tx: Transaction, user_id: UUID) -> dict[str, Any]:
        """Its auctions, bids, counter-offers and what it watches."""
        return await exported(tx, user_id, _PARTS)

    async def leave(self, tx: Transaction, user_id: UUID) -> None:
        """A bid binds, and so does an auction: neither ends by going away. The history keeps what was bid, by id.

        Raises AuctionsOpen.
        """
        if await tx.scalar(_SELLING, {"person": user_id}):
            raise AuctionsOpen("End or cancel your auctions and decide on those that ended, then delete the account")
        if await tx.scalar(_LEADING, {"person": user_id}):
            raise AuctionsOpen("You are leading in an auction; wait until it has ended")
        await tx.run("DELETE FROM auction_watches WHERE user_id = :person", {"person": user_id})
