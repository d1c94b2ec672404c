"""Refusals of orders; each has a code of its own (SPEC API-2). Those of a wrong state carry `order_status`."""

from typing import Any

from outcry.kernel.errors import Conflict, Forbidden, NotFound
from outcry.orders.rules import Status


class OrderNotFound(NotFound):
    """No such order of this person."""

    title = "There is no such order"


class WrongOrderStatus(Conflict):
    """What is asked for does not go with where the order is; `order_status` tells where."""

    code = "wrong_order_status"
    title = "The order's status does not allow this"

    def __init__(self, status: Status | str, detail: str | None = None, **members: Any) -> None:
        super().__init__(detail, order_status=str(status), **members)


class NotYourPart(Forbidden):
    """A party of the order asks for what the other one does; `who` tells who may."""

    code = "not_your_part"
    title = "Another party of the order does this"


# -- paying ------------------------------------------------------------------------------------------------------


class OrderAlreadyPaid(WrongOrderStatus):
    """The order has its money."""

    code = "already_paid"
    title = "This order is paid"


class OrderCancelled(WrongOrderStatus):
    """It was called off, by a person or because it was not paid in time."""

    code = "order_cancelled"
    title = "This order is cancelled"


class PaymentOverdue(WrongOrderStatus):
    """The time to pay is over; the order is about to be cancelled."""

    code = "payment_overdue"
    title = "The time to pay is over"


class OrderNotPayable(WrongOrderStatus):
    """It is over: nothing is to be paid."""

    code = "order_not_payable"
    title = "There is nothing to pay for this order"


# -- buying ------------------------------------------------------------------------------------------------------


class OutOfStock(Conflict):
    """Fewer are left than were asked for; `available` tells how many."""

    code = "out_of_stock"
    title = "There are not that many left"


class NotForSale(Conflict):
    """Not active, or not at a fixed price."""

    code = "not_for_sale"
    title = "This listing cannot be bought at a fixed price"


class OwnListing(Forbidden):
    """Sellers do not buy what they sell."""

    code = "own_listing"
    title = "This is your own listing"


class SellerBlocksBuyer(Forbidden):
    """The seller does not sell to this person."""

    code = "blocked_by_seller"
    title = "The seller has blocked you"


class TooManyUnpaid(Conflict):
    """A person may reserve only so much without paying; `limit` tells how many orders."""

    code = "too_many_unpaid_orders"
    title = "Pay or cancel the orders you have first"


class OrdersOpen(Conflict):
    """An account is not deleted while somebody waits for money, goods or an answer."""

    code = "orders_open"
    title = "There are orders under way; pay, deliver, confirm or cancel them first"


# -- cancelling, sending, giving back ----------------------------------------------------------------------------


class NotCancellable(WrongOrderStatus):
    """Paid already, or over: an order that is paid is refunded, not cancelled."""

    code = "not_cancellable"
    title = "This order can no longer be cancelled"


class WinIsBinding(Forbidden):
    """Who won by bidding has bought; only the seller may let it go."""

    code = "win_is_binding"
    title = "What you have won is bought"


class NotShippable(WrongOrderStatus):
    """Not paid, sent already, or over."""

    code = "not_shippable"
    title = "This order cannot be shipped now"


class ShippingNotOffered(Conflict):
    """The listing is handed over in person only."""

    code = "shipping_not_offered"
    title = "This order is handed over in person"


class NothingToConfirm(WrongOrderStatus):
    """Not paid, or over."""

    code = "nothing_to_confirm"
    title = "There is no delivery to confirm"


class NothingDue(WrongOrderStatus):
    """It waits for a person, or for nobody; no time of it can pass."""

    code = "nothing_due"
    title = "This order waits for no time to pass"


class OrderNotPaid(WrongOrderStatus):
    """Nothing was captured, so nothing can be given back."""

    code = "order_not_paid"
    title = "This order has not been paid"


class EscrowAlreadyReleased(WrongOrderStatus):
    """The seller has the money; what is given back now is between the two."""

    code = "escrow_released"
    title = "The money of this order has been released"


class AlreadyRefunded(WrongOrderStatus):
    """All of it went back."""

    code = "already_refunded"
    title = "This order is refunded"


class OrderDisputed(WrongOrderStatus):
    """While there is a dispute, staff decide about the money."""

    code = "order_disputed"
    title = "There is a dispute about this order"


class RefundExceedsEscrow(Conflict):
    """More than was captured less what went back; `refundable` tells how much is left (SPEC ORD-6)."""

    code = "refund_too_large"
    title = "The refund is larger than what is left to refund"
