"""The parts of payments put together; the composition root makes one."""

from typing import Any

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Database
from outcry.kernel.jobs import Jobs
from outcry.kernel.market import Market
from outcry.kernel.settings import Settings
from outcry.ledger.service import Ledger
from outcry.payments.dispatch import Dispatch
from outcry.payments.parts import Parts
from outcry.payments.ports import PaymentSink
from outcry.payments.providers import Provider
from outcry.payments.reconciliation import Reconciliation
from outcry.payments.sandbox.checkout import Checkout
from outcry.payments.sandbox.deliveries import Deliveries
from outcry.payments.sandbox.provider import SandboxProvider
from outcry.payments.service import Payments
from outcry.payments.settlement import Settlement
from outcry.payments.staff import PaymentsDesk
from outcry.payments.wallets import Wallets
from outcry.payments.webhooks import Webhooks

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


class PaymentsModule:
    """Everything of payments in one process. `payments` is what orders use; `use_sink` is how they hear."""

    def __init__(
        self, database: Database, ledger: Ledger, jobs: Jobs, keys: KeyRing, market: Market, settings: Settings
    ) -> None:
        self._settings = settings
        self.sandbox_deliveries = Deliveries(database, jobs, keys, _webhook_base(settings))
        self.sandbox_checkout = Checkout(
            self.sandbox_deliveries,
            hours=settings.payment_expiry_hours,
            dispute_seconds=settings.sandbox_dispute_seconds,
        )
        providers: dict[str, Provider] = {}
        active = settings.chosen_payment_provider
        self.has_sandbox = active == "sandbox" or not settings.is_production
        if self.has_sandbox:
            providers["sandbox"] = SandboxProvider(database, self.sandbox_deliveries)
        if settings.stripe_secret_key:
            # The SDK takes its time to import; only who uses it pays.
            from outcry.payments.stripe_provider import StripeProvider

            providers["stripe"] = StripeProvider(settings, market)
        self.parts = Parts(database, ledger, jobs, market, settings, providers, active)
        self.settlement = Settlement(self.parts)
        self.payments = Payments(self.parts)
        self.wallets = Wallets(self.parts, self.payments.cards)
        self.webhooks = Webhooks(self.parts, self.settlement)
        self.dispatch = Dispatch(self.parts, self.settlement)
        self.reconciliation = Reconciliation(self.parts)
        self.desk = PaymentsDesk(self.parts)

    def use_sink(self, sink: PaymentSink) -> None:
        """Who hears what becomes of payments for orders."""
        self.parts.sink = sink

    def listens_at(self, url: str) -> None:
        """The address that this server has come to listen at, for the sandbox's webhooks."""
        if not self._settings.sandbox_webhook_url and not self._settings.public_url:
            self.sandbox_deliveries.base_url = _reachable(url)

    def dependencies(self) -> dict[str, Any]:
        """What routes may ask for by parameter name."""
        return {
            "payments": self.payments,
            "wallets": self.wallets,
            "webhooks": self.webhooks,
            "reconciliation": self.reconciliation,
            "payments_desk": self.desk,
            "sandbox_checkout": self.sandbox_checkout,
            "sandbox_deliveries": self.sandbox_deliveries,
        }

    async def close(self) -> None:
        """End the providers' connections."""
        for provider in self.parts.providers.values():
            await provider.close()


def _webhook_base(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    own = settings.public_url or _reachable(f"http://{host}:{settings.port}")
    return (settings.sandbox_webhook_url or own).rstrip("/")


def _reachable(url: str) -> str:
    """An address that listens everywhere is reached at this machine's own."""
    scheme, _, rest = url.rstrip("/").partition("://")
    host, _, port = rest.rpartition(":")
    host = _ANYWHERE.get(host.strip("[]"), host.strip("[]"))
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
