"""Refusals of payments; each has a code of its own (SPEC API-2)."""

from outcry.kernel.errors import Conflict, NotFound, OutcryError


class PaymentNotFound(NotFound):
    """No such payment, top-up or withdrawal of this person."""

    title = "There is no such payment"


class PaymentsUnavailable(Conflict):
    """No provider is set up: only wallets pay."""

    code = "card_payments_unavailable"
    title = "Card payments are not set up on this market"


class AlreadyPaid(Conflict):
    """The order has its money (SPEC ORD-1)."""

    code = "already_paid"
    title = "This order is paid"


class RefundTooLarge(Conflict):
    """More than was captured less what was refunded (SPEC ORD-6); `refundable` says how much is left."""

    code = "refund_too_large"
    title = "The refund is larger than what is left to refund"


class EscrowReleased(Conflict):
    """The order's money is no longer in escrow: it was released or refunded (SPEC ORD-2)."""

    code = "escrow_released"
    title = "The money of this order is no longer in escrow"


class RefundKeyReused(Conflict):
    """The same key came with another refund."""

    code = "refund_key_reused"
    title = "This key was used for another refund"


class PayoutAccountRequired(Conflict):
    """There is no payout account that is ready; `status` says how it stands."""

    code = "payout_account_required"
    title = "Set up where your money should go first"


class WithdrawalLimit(Conflict):
    """Over what may be withdrawn in a day; `left` is what may still be."""

    code = "withdrawal_limit"
    title = "This is more than may be withdrawn in a day"


class EventIdReused(Conflict):
    """The same event id came with another body."""

    code = "webhook_event_reused"
    title = "An event with this id and another content is known"


class UnknownProvider(NotFound):
    """Webhooks of a provider that this market does not use."""

    title = "There is no such provider here"


class ReturnUrlRefused(OutcryError):
    """Only pages of this site, or of origins the settings allow, may be returned to."""

    status = 422
    code = "return_url_not_allowed"
    title = "That address may not be returned to"
