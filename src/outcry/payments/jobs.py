"""Background work of payments and of the sandbox."""

from outcry.kernel.database import SYSTEM
from outcry.kernel.jobs import Jobs
from outcry.payments import dispatch, reconciliation, webhooks
from outcry.payments.module import PaymentsModule
from outcry.payments.sandbox import checkout, deliveries

# Ten tries reach over 17 minutes; what a provider's longer outage leaves is resumed every five.
MAX_ATTEMPTS = 10


def register(jobs: Jobs, module: PaymentsModule) -> None:
    """Every task of payments."""
    jobs.register(webhooks.APPLY, module.webhooks.apply, max_attempts=MAX_ATTEMPTS, first_retry_seconds=1)
    jobs.register(dispatch.SEND_REFUND, module.dispatch.send_refund, max_attempts=MAX_ATTEMPTS)
    jobs.register(dispatch.SEND_PAYOUT, module.dispatch.send_payout, max_attempts=MAX_ATTEMPTS)
    jobs.register("payments.take_back", module.dispatch.take_back, max_attempts=MAX_ATTEMPTS)
    jobs.register("payments.call_off", module.payments.cards.call_off, max_attempts=MAX_ATTEMPTS)
    jobs.register("payments.refresh_account", module.wallets.refresh_account, max_attempts=MAX_ATTEMPTS)
    jobs.register("payments.resume", module.dispatch.resume, cron="*/5 * * * *")
    jobs.register("payments.reconcile_daily", module.reconciliation.daily, cron="40 3 * * *")
    jobs.register(reconciliation.RUN, module.reconciliation.run)
    jobs.register(
        deliveries.DELIVER,
        module.sandbox_deliveries.deliver,
        max_attempts=deliveries.MAX_ATTEMPTS,
        first_retry_seconds=deliveries.FIRST_RETRY_SECONDS,
    )

    async def open_dispute(payment_id: str) -> None:
        async with module.parts.database.transaction(SYSTEM) as tx:
            await module.sandbox_checkout.open_dispute(tx, payment_id)

    jobs.register(checkout.OPEN_DISPUTE, open_dispute)
