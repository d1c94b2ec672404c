"""Payments checked for `outcry audit`: what the ledger says of each provider equals our own records (SPEC MON-1)."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from outcry.kernel.audit import Fault
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.ledger.accounts import clearing, outgoing

CHECK = "payments"
MAX_FAULTS = 100

# What the provider holds for us, and what is on its way out, by our own records.
_BY_RECORDS = """
SELECT provider, currency, sum(clearing) AS clearing, sum(outgoing) AS outgoing FROM (
    SELECT provider, currency, -amount AS clearing, 0::bigint AS outgoing FROM payments
    WHERE method = 'card' AND status IN ('succeeded', 'returned')
    UNION ALL SELECT provider, currency, disputed_amount, 0 FROM payments WHERE dispute_status = 'lost'
    UNION ALL SELECT provider, currency, CASE WHEN status = 'succeeded' THEN amount ELSE 0 END,
        CASE WHEN status = 'pending' THEN amount ELSE 0 END FROM refunds WHERE provider IS NOT NULL
    UNION ALL SELECT provider, currency, CASE WHEN status = 'paid' THEN amount ELSE 0 END,
        CASE WHEN status = 'pending' THEN amount ELSE 0 END FROM withdrawals
) AS moved GROUP BY provider, currency ORDER BY provider, currency
"""
_IN_LEDGER = "SELECT id, kind, currency, balance FROM ledger_accounts WHERE kind IN ('clearing', 'outgoing')"
_REFUNDED = """
SELECT p.id, p.refunded_amount, coalesce(sum(r.amount), 0) AS refunds FROM payments p
LEFT JOIN refunds r ON r.payment_id = p.id
GROUP BY p.id HAVING p.refunded_amount <> coalesce(sum(r.amount), 0) ORDER BY p.id LIMIT :limit
"""
# A payment's money must have come in by its own transfers: of a kept order's into its escrow, where a hold that was
# captured and what was paid beside it add up.
_UNPOSTED = """
SELECT id, amount, came FROM (
    SELECT p.id, p.amount, CASE WHEN p.status = 'succeeded' AND p.order_id IS NOT NULL THEN (
        SELECT coalesce(sum(e.amount), 0) FROM ledger_transfers t JOIN ledger_entries e ON e.transfer_id = t.id
        JOIN ledger_accounts a ON a.id = e.account_id
        WHERE t.key IN ('order_paid:' || p.id, 'hold_captured:' || p.id) AND a.kind = 'escrow'
            AND a.owner_id = p.order_id
    ) ELSE (
        SELECT count(*) * p.amount FROM ledger_transfers t
        WHERE t.key IN ('top_up:' || p.id, 'payment_returned:' || p.id)
    ) END AS came
    FROM payments p WHERE p.status IN ('succeeded', 'returned')
) AS paid WHERE came <> amount ORDER BY id LIMIT :limit
"""


async def audit_payments(database: Database) -> AsyncIterator[Fault]:
    """Every fault, read in one snapshot."""
    async with database.transaction(SYSTEM, snapshot=True) as tx:
        faults = await faults_of(tx)
    for fault in faults:
        yield fault


async def faults_of(tx: Transaction) -> list[Fault]:
    """The faults that this transaction sees."""
    ledger: dict[Any, Any] = {row.id: row for row in await tx.all(_IN_LEDGER)}
    faults: list[Fault] = []
    for row in await tx.all(_BY_RECORDS):
        for account, expected in (
            (clearing(row.provider, row.currency), int(row.clearing)),
            (outgoing(row.provider, row.currency), int(row.outgoing)),
        ):
            found = ledger.pop(account.id, None)
            balance = found.balance if found else 0
            if balance != expected:
                subject = f"{account.kind.value} of {row.provider} in {row.currency}"
                faults.append(Fault(CHECK, subject, f"the ledger says {balance}, our records give {expected}"))
    faults += _strangers(ledger)
    for row in await tx.all(_REFUNDED, {"limit": MAX_FAULTS}):
        detail = f"it counts {row.refunded_amount} as refunded, its refunds are {row.refunds}"
        faults.append(Fault(CHECK, f"payment {row.id}", detail))
    for row in await tx.all(_UNPOSTED, {"limit": MAX_FAULTS}):
        detail = f"{int(row.came)} of its {row.amount} have come into the ledger"
        faults.append(Fault(CHECK, f"payment {row.id}", detail))
    return faults


def _strangers(ledger: Mapping[Any, Any]) -> list[Fault]:
    return [
        Fault(CHECK, f"account {row.id}", f"{row.kind} in {row.currency} holds {row.balance} without any record")
        for row in ledger.values()
        if row.balance
    ]
