"""What the ledger refuses (SPEC MON-1)."""

from outcry.kernel.errors import Conflict, OutcryError


class InsufficientFunds(OutcryError):
    """An account that may not owe would fall below zero; nothing at all was posted."""

    status = 402
    code = "insufficient_funds"
    title = "There is not enough money for this"

    def __init__(self, currency: str, detail: str | None = None) -> None:
        super().__init__(detail or f"There is not enough {currency} available for this", currency=currency)


class TransferKeyReused(Conflict):
    """A transfer's key came again with other legs, another kind or another subject."""

    code = "transfer_key_reused"
    title = "This key was used for another transfer"


class HoldExists(Conflict):
    """The person has an active hold for this subject already."""

    code = "hold_exists"
    title = "There is a hold for this already"


class HoldNotFound(Conflict):
    """The person has no active hold for this subject."""

    code = "hold_not_found"
    title = "There is no such hold"


class HoldTooSmall(Conflict):
    """More was to be captured than is held; `held` in minor units."""

    code = "hold_too_small"
    title = "Less is held than this"


class WalletNotEmpty(Conflict):
    """An account cannot be deleted while the market holds money for it; the detail says what to do."""

    code = "wallet_not_empty"
    title = "There is still money in the wallet"


class MalformedTransfer(ValueError):
    """A programming error: legs that do not balance, a zero leg, an account twice, a leg on held money."""
