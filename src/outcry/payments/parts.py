"""What the use cases of payments share."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from outcry.kernel.database import Database, Transaction
from outcry.kernel.jobs import Jobs
from outcry.kernel.market import Market
from outcry.kernel.settings import Settings
from outcry.ledger.service import Ledger, Transfer
from outcry.payments.errors import PaymentsUnavailable, UnknownProvider
from outcry.payments.ports import NoOrders, PaymentFacts, PaymentSink
from outcry.payments.providers import Provider


class Parts(msgspec.Struct):
    """The ledger, the jobs and the providers. `sink` is set by the composition root, for orders stand above."""

    database: Database
    ledger: Ledger
    jobs: Jobs
    market: Market
    settings: Settings
    providers: Mapping[str, Provider]
    active_name: str | None
    sink: PaymentSink = NoOrders()

    @property
    def active(self) -> Provider:
        """The provider that new payments go through. Raises PaymentsUnavailable."""
        if self.active_name is None:
            raise PaymentsUnavailable()
        return self.providers[self.active_name]

    def provider(self, name: str) -> Provider:
        """A provider by name, also one that only finishes what it began. Raises UnknownProvider."""
        found = self.providers.get(name)
        if found is None:
            raise UnknownProvider()
        return found

    async def post(self, tx: Transaction, *transfers: Transfer) -> None:
        """Into the ledger; raises what `Ledger.post` does."""
        await self.ledger.post(await tx.driver(), transfers)


def facts_of(row: Any, order_id: UUID) -> PaymentFacts:
    """A row of `payments` for the sink."""
    return PaymentFacts(
        payment_id=row.id,
        order_id=order_id,
        buyer_id=row.payer_id,
        amount=row.amount,
        currency=row.currency,
        method=row.method,
        provider=row.provider,
        status=row.status,
        failure_code=row.failure_code,
        refunded=row.refunded_amount,
    )
