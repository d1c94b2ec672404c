"""The chart of accounts (SPEC MON-1): what kinds there are, whose they are, and how each is named.

A balance is what the market owes the account's owner. Ids follow from kind, owner and currency, so nobody looks one
up before posting; an account is opened by its first posting.
"""

from enum import StrEnum
from functools import cached_property, lru_cache
from uuid import UUID, uuid5

import msgspec

GAS_CURRENCY = "GAS"
MARKET_ID = UUID(int=0)
_NAMESPACE = UUID("5a1f3c86-7c0e-5b7e-9a55-0d1ed6e20a11")
_KEPT_PROVIDERS = 64


class AccountKind(StrEnum):
    """Whose money it is and why the market has it."""

    AVAILABLE = "available"
    HELD = "held"
    ESCROW = "escrow"
    FEES = "fees"
    TAX = "tax"
    LOSSES = "losses"
    CLEARING = "clearing"
    OUTGOING = "outgoing"
    GRANTS = "grants"
    GAS = "gas"
    GAS_ISSUED = "gas_issued"


MAY_BE_NEGATIVE = frozenset({AccountKind.LOSSES, AccountKind.CLEARING, AccountKind.GRANTS, AccountKind.GAS_ISSUED})
WALLET_KINDS = (AccountKind.AVAILABLE, AccountKind.HELD)


class Account(msgspec.Struct, frozen=True, dict=True):
    """One account by its name: a kind, an owner and a currency."""

    kind: AccountKind
    owner_id: UUID
    currency: str

    @cached_property
    def id(self) -> UUID:
        """The account's id, the same on every machine."""
        return uuid5(_NAMESPACE, f"{self.kind.value}:{self.owner_id}:{self.currency}")


@lru_cache(_KEPT_PROVIDERS)
def provider_id(provider: str) -> UUID:
    """The owner id of a payment provider's accounts."""
    return uuid5(_NAMESPACE, f"provider:{provider}")


def available(user_id: UUID, currency: str) -> Account:
    """A person's money that is free to spend."""
    return Account(AccountKind.AVAILABLE, user_id, currency)


def held(user_id: UUID, currency: str) -> Account:
    """A person's money bound by holds; only holds move it."""
    return Account(AccountKind.HELD, user_id, currency)


def escrow(order_id: UUID, currency: str) -> Account:
    """The buyer's money for one order."""
    return Account(AccountKind.ESCROW, order_id, currency)


def fees(currency: str) -> Account:
    """What the market has earned."""
    return Account(AccountKind.FEES, MARKET_ID, currency)


def tax(currency: str) -> Account:
    """What the market owes the tax office."""
    return Account(AccountKind.TAX, MARKET_ID, currency)


def losses(currency: str) -> Account:
    """Minus what the market lost to chargebacks it could not get back."""
    return Account(AccountKind.LOSSES, MARKET_ID, currency)


def clearing(provider: str, currency: str) -> Account:
    """Minus what the provider holds for the market."""
    return Account(AccountKind.CLEARING, provider_id(provider), currency)


def outgoing(provider: str, currency: str) -> Account:
    """Refunds and payouts on their way out through the provider."""
    return Account(AccountKind.OUTGOING, provider_id(provider), currency)


def grants(currency: str) -> Account:
    """Minus what development grants have given away."""
    return Account(AccountKind.GRANTS, MARKET_ID, currency)


def gas(user_id: UUID) -> Account:
    """A person's gas units."""
    return Account(AccountKind.GAS, user_id, GAS_CURRENCY)


def gas_issued() -> Account:
    """Minus the gas units that people hold."""
    return Account(AccountKind.GAS_ISSUED, MARKET_ID, GAS_CURRENCY)
