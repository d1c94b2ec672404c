"""What the wallet and the staff's ledger look like on the wire."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from outcry.kernel.money import MAX_AMOUNT_MINOR

Bucket = Literal["available", "held"]


class Balance(msgspec.Struct, frozen=True):
    """A person's money in one currency, in minor units."""

    currency: str
    available: int
    held: int


class WalletView(msgspec.Struct, frozen=True):
    """`balances` has the market's currency first and every other the person ever had; `gas` in units."""

    balances: list[Balance]
    gas: int


class WalletEntry(msgspec.Struct, frozen=True):
    """One line of the history: `amount` was added to `bucket`, which then held `balance_after`."""

    id: UUID
    transfer_id: UUID
    at: str
    kind: str
    amount: int
    currency: str
    balance_after: int
    subject_id: UUID | None
    bucket: Bucket


class LedgerAccount(msgspec.Struct, frozen=True):
    """For staff; `owner_id` is a person, an order, a provider or the market (all zeros), as `kind` says."""

    id: UUID
    kind: str
    owner_id: UUID
    currency: str
    balance: int
    entry_count: int
    opened_at: str


class LedgerEntry(msgspec.Struct, frozen=True):
    """For staff: one side of a transfer, in its account's sequence."""

    seq: int
    at: str
    kind: str
    amount: int
    balance_after: int
    transfer_id: UUID
    key: str
    subject_id: UUID | None


class LedgerLeg(msgspec.Struct, frozen=True):
    """For staff: one side of a transfer, with its account as it is now."""

    account: LedgerAccount
    amount: int
    seq: int
    balance_after: int


class LedgerTransfer(msgspec.Struct, frozen=True):
    """For staff: a transfer whole."""

    id: UUID
    key: str
    kind: str
    subject_id: UUID | None
    at: str
    legs: list[LedgerLeg]


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money for a person of a development market."""

    user_id: UUID
    amount: Annotated[int, Meta(gt=0, le=MAX_AMOUNT_MINOR)]
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
