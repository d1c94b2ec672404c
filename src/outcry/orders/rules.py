"""The life of an order as pure rules (SPEC ORD-1, ORD-2, ORD-6): no I/O, no clock.

`TRANSITIONS` says where an order may go, `may` what a person may do with it now, `next_step` who must act. Times are
microseconds since the epoch, money minor units.
"""

from enum import StrEnum

import msgspec

from outcry.kernel.money import part_of


class Status(StrEnum):
    """Where an order is in its life."""

    PENDING_PAYMENT = "pending_payment"
    IN_ESCROW = "in_escrow"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    DISPUTED = "disputed"
    COMPLETED = "completed"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class Party(StrEnum):
    """Who does something to an order; `NOBODY` only as whom an order waits for."""

    BUYER = "buyer"
    SELLER = "seller"
    STAFF = "staff"
    SYSTEM = "system"
    NOBODY = "nobody"


class Action(StrEnum):
    """What a person can do with an order."""

    PAY = "pay"
    CANCEL = "cancel"
    SHIP = "ship"
    CONFIRM_DELIVERY = "confirm_delivery"
    SHOW_CODE = "show_code"
    SCAN_CODE = "scan_code"
    CHOOSE_PLACE = "choose_place"
    DISPUTE = "dispute"
    RESPOND = "respond"
    REFUND = "refund"
    RATE = "rate"
    RESOLVE = "resolve"


_S = Status
# A dispute that is withdrawn takes the order back to where it was.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    _S.PENDING_PAYMENT: frozenset({_S.IN_ESCROW, _S.CANCELLED}),
    _S.IN_ESCROW: frozenset({_S.SHIPPED, _S.DELIVERED, _S.COMPLETED, _S.DISPUTED, _S.REFUNDED}),
    _S.SHIPPED: frozenset({_S.DELIVERED, _S.DISPUTED, _S.REFUNDED}),
    _S.DELIVERED: frozenset({_S.COMPLETED, _S.DISPUTED, _S.REFUNDED}),
    _S.DISPUTED: frozenset({_S.COMPLETED, _S.REFUNDED, _S.IN_ESCROW, _S.SHIPPED, _S.DELIVERED}),
    _S.COMPLETED: frozenset(),
    _S.REFUNDED: frozenset(),
    _S.CANCELLED: frozenset(),
}

# Nobody waits for anything.
FINAL = frozenset(status for status, after in TRANSITIONS.items() if not after)
# The buyer's money is in escrow: nobody but the order owns it.
HOLDING = frozenset({_S.IN_ESCROW, _S.SHIPPED, _S.DELIVERED, _S.DISPUTED})
_REFUNDABLE = HOLDING - {_S.DISPUTED}

SHIPPING, MEETUP = "shipping", "meetup"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules look at. `ways` are the ways of handing over that are still open: `shipping`, `meetup`."""

    status: Status
    now_us: int
    pay_by_us: int
    # Agreed by bidding: the buyer is bound by it.
    is_won: bool = False
    ways: frozenset[str] = frozenset({SHIPPING})
    has_meeting: bool = False
    # When it counts as delivered by itself, while it is on its way.
    deliver_by_us: int | None = None
    release_at_us: int | None = None
    seller_answered: bool = False
    respond_by_us: int | None = None
    rated: frozenset[Party] = frozenset()
    rate_until_us: int | None = None


class Next(msgspec.Struct, frozen=True):
    """Who must act, how, and by when (microseconds); what happens when nobody does is in the guide."""

    who: Party
    action: Action | None = None
    by_us: int | None = None


NOTHING_TO_DO = Next(Party.NOBODY)


def may_become(before: Status, after: Status) -> bool:
    """Whether an order may go from `before` to `after`."""
    return after in TRANSITIONS[before]


def may(facts: Facts, party: Party) -> list[Action]:
    """What `party` may do now, the likeliest first."""
    allowed = {Party.BUYER: _buyer_may, Party.SELLER: _seller_may, Party.STAFF: _staff_may}.get(party)
    return allowed(facts) if allowed else []


def _buyer_may(facts: Facts) -> list[Action]:
    match facts.status:
        case Status.PENDING_PAYMENT:
            pay = [Action.PAY] if facts.now_us < facts.pay_by_us else []
            return pay if facts.is_won else [*pay, Action.CANCEL]
        case Status.IN_ESCROW:
            meeting = [Action.SHOW_CODE, Action.CHOOSE_PLACE] if MEETUP in facts.ways else []
            return [*meeting, Action.CONFIRM_DELIVERY, Action.DISPUTE]
        case Status.SHIPPED:
            return [Action.CONFIRM_DELIVERY, Action.DISPUTE]
        case Status.DELIVERED:
            in_time = facts.release_at_us is None or facts.now_us < facts.release_at_us
            return [Action.CONFIRM_DELIVERY, *([Action.DISPUTE] if in_time else [])]
        case Status.DISPUTED:
            return [Action.RESPOND]
        case _:
            return _may_rate(facts, Party.BUYER)


def _seller_may(facts: Facts) -> list[Action]:
    match facts.status:
        case Status.PENDING_PAYMENT:
            return [Action.CANCEL]
        case Status.IN_ESCROW:
            shipping = [Action.SHIP] if SHIPPING in facts.ways else []
            meeting = [Action.SCAN_CODE, Action.CHOOSE_PLACE] if MEETUP in facts.ways else []
            return [*shipping, *meeting, Action.REFUND]
        case Status.SHIPPED | Status.DELIVERED:
            return [Action.REFUND]
        case Status.DISPUTED:
            return [Action.RESPOND]
        case _:
            return _may_rate(facts, Party.SELLER)


def _staff_may(facts: Facts) -> list[Action]:
    if facts.status is Status.PENDING_PAYMENT:
        return [Action.CANCEL]
    if facts.status is Status.DISPUTED:
        return [Action.RESOLVE]
    return [Action.REFUND] if facts.status in _REFUNDABLE else []


def _may_rate(facts: Facts, party: Party) -> list[Action]:
    in_time = facts.rate_until_us is None or facts.now_us < facts.rate_until_us
    open_to_rate = facts.status is Status.COMPLETED and party not in facts.rated and in_time
    return [Action.RATE] if open_to_rate else []


def next_step(facts: Facts, viewer: Party) -> Next:
    """Whom the order waits for; once it is over, what is left for the viewer."""
    match facts.status:
        case Status.PENDING_PAYMENT:
            return Next(Party.BUYER, Action.PAY, facts.pay_by_us)
        case Status.IN_ESCROW:
            if SHIPPING in facts.ways:
                return Next(Party.SELLER, Action.SHIP)
            return Next(Party.SELLER, Action.SCAN_CODE) if facts.has_meeting else Next(Party.BUYER, Action.CHOOSE_PLACE)
        case Status.SHIPPED:
            return Next(Party.BUYER, Action.CONFIRM_DELIVERY, facts.deliver_by_us)
        case Status.DELIVERED:
            return Next(Party.BUYER, Action.CONFIRM_DELIVERY, facts.release_at_us)
        case Status.DISPUTED:
            if facts.seller_answered:
                return Next(Party.STAFF, Action.RESOLVE)
            return Next(Party.SELLER, Action.RESPOND, facts.respond_by_us)
        case _:
            can_rate = viewer in (Party.BUYER, Party.SELLER) and bool(_may_rate(facts, viewer))
            return Next(viewer, Action.RATE, facts.rate_until_us) if can_rate else NOTHING_TO_DO


class Settlement(msgspec.Struct, frozen=True):
    """Who gets what of an escrow that is released; sums to what was held."""

    seller_receives: int
    fees: int
    tax: int


def settle(*, total: int, commission: int, escrow_fee: int, buyer_premium: int, tax: int, refunded: int) -> Settlement:
    """How the rest of an escrow is divided when `refunded` of `total` has gone back to the buyer (SPEC MON-4).

    A partial refund lowers the price: commission, premium and tax shrink with it, each rounded half to even; the
    fixed fee stays as far as there is money; the seller gets the rest. Without a refund this is what was agreed.
    """
    held = total - refunded
    tax_left = part_of(tax, held, total)
    premium_left = min(part_of(buyer_premium, held, total), held - tax_left)
    commission_left = min(part_of(commission, held, total), held - tax_left - premium_left)
    fixed_left = min(escrow_fee, held - tax_left - premium_left - commission_left)
    fees = premium_left + commission_left + fixed_left
    return Settlement(held - tax_left - fees, fees, tax_left)
