"""Every movement of money that payments make, as ledger transfers (docs/guide/money.md shows them). Pure.

A key names the movement, not the attempt: whatever comes twice is posted once.
"""

from uuid import UUID

import msgspec

from outcry.ledger.accounts import (
    Account,
    available,
    clearing,
    escrow,
    fees,
    gas,
    gas_issued,
    losses,
    outgoing,
    tax,
)
from outcry.ledger.service import Leg, Transfer


class Moved(msgspec.Struct, frozen=True):
    """What moves: `subject_id` is the payment, refund or withdrawal; `owner_id` the person whose money it is."""

    subject_id: UUID
    owner_id: UUID
    amount: int
    currency: str
    provider: str = ""
    order_id: UUID | None = None


def paid_by_wallet(moved: Moved) -> Transfer:
    """The buyer's wallet pays for an order."""
    return _between("order_paid", moved, available(moved.owner_id, moved.currency), _escrow(moved))


def capture_key(moved: Moved) -> str:
    """The key under which a payment captures the hold that was placed for what it pays."""
    return _key("hold_captured", moved)


def captured(moved: Moved) -> Transfer:
    """A card has paid for an order."""
    return _between("order_paid", moved, clearing(moved.provider, moved.currency), _escrow(moved))


def captured_to_return(moved: Moved) -> Transfer:
    """A card has paid for an order that needs no money: straight on its way back."""
    return _between("payment_returned", moved, clearing(moved.provider, moved.currency), _outgoing(moved))


def topped_up(moved: Moved) -> Transfer:
    """A card has paid into a wallet."""
    return _between(
        "top_up", moved, clearing(moved.provider, moved.currency), available(moved.owner_id, moved.currency)
    )


def refunded_to_wallet(moved: Moved) -> Transfer:
    """What a wallet paid goes back to it."""
    return _between("refund", moved, _escrow(moved), available(moved.owner_id, moved.currency))


def refund_begun(moved: Moved) -> Transfer:
    """What a card paid is on its way back to it."""
    return _between("refund", moved, _escrow(moved), _outgoing(moved))


def refund_done(moved: Moved) -> Transfer:
    """The provider has given it back."""
    return _between("refund_sent", moved, _outgoing(moved), clearing(moved.provider, moved.currency))


def refund_failed(moved: Moved, *, after_done: bool) -> Transfer:
    """The card does not take it: into the buyer's wallet, also when the provider had said that it was done."""
    source = clearing(moved.provider, moved.currency) if after_done else _outgoing(moved)
    return _between("refund_failed", moved, source, available(moved.owner_id, moved.currency))


def withdrawn(moved: Moved) -> Transfer:
    """Out of the wallet, on its way to the payout account."""
    return _between("withdrawal", moved, available(moved.owner_id, moved.currency), _outgoing(moved))


def payout_done(moved: Moved) -> Transfer:
    """The provider has paid it out."""
    return _between("withdrawal_paid", moved, _outgoing(moved), clearing(moved.provider, moved.currency))


def payout_failed(moved: Moved, *, after_done: bool) -> Transfer:
    """The bank does not take it: back into the wallet, also when the provider had said that it was paid."""
    source = clearing(moved.provider, moved.currency) if after_done else _outgoing(moved)
    return _between("withdrawal_failed", moved, source, available(moved.owner_id, moved.currency))


def released(
    order_id: UUID, seller_id: UUID, currency: str, *, seller_receives: int, fees_minor: int, tax_minor: int, key: str
) -> Transfer:
    """Out of escrow: the seller's, the market's, the tax office's share."""
    whole = seller_receives + fees_minor + tax_minor
    legs = (
        Leg(escrow(order_id, currency), -whole),
        Leg(available(seller_id, currency), seller_receives),
        Leg(fees(currency), fees_minor),
        Leg(tax(currency), tax_minor),
    )
    return Transfer(key, "release", tuple(leg for leg in legs if leg.amount), order_id)


def charged_back(moved: Moved, *, from_escrow: int, from_person: int) -> Transfer:
    """The buyer's bank took it: out of escrow, out of the seller's wallet (`owner_id`), the rest is lost."""
    rest = moved.amount - from_escrow - from_person
    legs = [Leg(clearing(moved.provider, moved.currency), moved.amount), Leg(losses(moved.currency), -rest)]
    if from_escrow:
        legs.append(Leg(_escrow(moved), -from_escrow))
    if from_person:
        legs.append(Leg(available(moved.owner_id, moved.currency), -from_person))
    return Transfer(_key("chargeback", moved), "chargeback", tuple(leg for leg in legs if leg.amount), _subject(moved))


def gas_bought(purchase_id: UUID, user_id: UUID, *, units: int, cost: int, currency: str) -> Transfer:
    """Money for the market, gas for the person."""
    legs = (
        Leg(available(user_id, currency), -cost),
        Leg(fees(currency), cost),
        Leg(gas(user_id), units),
        Leg(gas_issued(), -units),
    )
    return Transfer(f"gas:{purchase_id}", "gas", tuple(leg for leg in legs if leg.amount), purchase_id)


def _between(kind: str, moved: Moved, source: Account, target: Account) -> Transfer:
    legs = (Leg(source, -moved.amount), Leg(target, moved.amount))
    return Transfer(_key(kind, moved), kind, legs, _subject(moved))


def _key(kind: str, moved: Moved) -> str:
    return f"{kind}:{moved.subject_id}"


def _subject(moved: Moved) -> UUID:
    return moved.order_id or moved.subject_id


def _escrow(moved: Moved) -> Account:
    assert moved.order_id is not None
    return escrow(moved.order_id, moved.currency)


def _outgoing(moved: Moved) -> Account:
    return outgoing(moved.provider, moved.currency)
