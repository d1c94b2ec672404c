"""The composition root: builds every part once and wires the domains into one ASGI app."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.types import ASGIApp, ControllerRouterHandler

from outcry.app_framework import SCHEMA_PATH, make_framework
from outcry.app_routes import every_route
from outcry.auctions.bid_protocol import BidProtocol, make_http_protocol
from outcry.auctions.browsing import AuctionChannel
from outcry.auctions.clock import AuctionClock
from outcry.auctions.decisions import DecisionService
from outcry.auctions.desk import Desk
from outcry.auctions.fast_bids import ROUTE as BID_ROUTE
from outcry.auctions.fast_bids import FastBids
from outcry.auctions.records import AuctionRecords
from outcry.auctions.service import AuctionService
from outcry.auctions.stream_keys import SEALED_STREAM_KEYS
from outcry.catalog import categories
from outcry.catalog.listings import Listings, ViewCounter
from outcry.catalog.records import ListingRecords
from outcry.identity.accounts import Accounts
from outcry.identity.authentication import Authentication
from outcry.identity.codes import LIVE_CODES
from outcry.identity.external import ExternalIdentity
from outcry.identity.passwords import Passwords
from outcry.identity.phones import PhoneSignIn
from outcry.identity.profiles import Profiles, Staffing
from outcry.identity.queries import SEALED_CONTACTS
from outcry.identity.tokens import Tokens
from outcry.kernel.bus import Bus, LocalBus
from outcry.kernel.clock import Timekeeper
from outcry.kernel.crypto import KeyRing, load_key_ring
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.ending import ended
from outcry.kernel.health import Readiness
from outcry.kernel.http import Document, answering_problems
from outcry.kernel.jobs import Jobs
from outcry.kernel.limits import RateLimits
from outcry.kernel.logs import request_context
from outcry.kernel.mail import Mail
from outcry.kernel.market import Market
from outcry.kernel.messages import SEALED_MESSAGES
from outcry.kernel.metrics import Metrics
from outcry.kernel.outbox import StoredEvent
from outcry.kernel.proxies import behind_proxies
from outcry.kernel.pruning import prune_answers, prune_events
from outcry.kernel.redis_bus import RedisBus
from outcry.kernel.reencryption import Reencryption
from outcry.kernel.security import cross_origin, cross_origin_headers, header_pairs, security_headers
from outcry.kernel.settings import Settings
from outcry.kernel.sms import Sms
from outcry.kernel.storage import open_storage
from outcry.ledger.service import Ledger
from outcry.ledger.wallet import Wallets
from outcry.media import jobs as media_jobs
from outcry.media.service import MediaService
from outcry.notifications import jobs as notification_jobs
from outcry.notifications.reader import NotificationReader
from outcry.notifications.records import NotificationRecords
from outcry.notifications.service import Notifications
from outcry.orders.cancelling import Cancelling
from outcry.orders.deadlines import Deadlines
from outcry.orders.disputes import Disputes
from outcry.orders.fulfilling import Fulfilling
from outcry.orders.handover import Handover
from outcry.orders.invoices import Invoices
from outcry.orders.letters import Letters
from outcry.orders.meetings import Meetings
from outcry.orders.moves import OrderMoves
from outcry.orders.paying import Paying
from outcry.orders.purchases import Purchases
from outcry.orders.ratings import Ratings
from outcry.orders.records import OrderRecords
from outcry.orders.safe_zones import load_safe_zones
from outcry.orders.service import OrderService
from outcry.pages import routes as page_routes
from outcry.pages import sitemap
from outcry.pages.client import load_client, serving_client
from outcry.pages.render import Pages
from outcry.payments import jobs as payment_jobs
from outcry.payments.module import PaymentsModule
from outcry.realtime.conversation import LiveParts
from outcry.realtime.hub import Hub
from outcry.realtime.protocol import LiveProtocol, make_protocol
from outcry.realtime.sources import AuctionSource, UserSource
from outcry.realtime.viewers import EndingSoon, Viewers


class Outcry:
    """All parts of one process. `start` before serving, `stop` after; each may be called once."""

    def __init__(self, settings: Settings, database_url: str, *, clock: bool = True) -> None:
        self.settings = settings
        self._runs_clock = clock
        self.document = Document({})
        self.market: Market = settings.load_market()
        self.keys: KeyRing = load_key_ring(settings)
        self.database = Database(database_url, pool_connections=settings.database_pool_connections)
        self.timekeeper = Timekeeper(self.database)
        self.bus: Bus = RedisBus(settings.redis_url) if settings.redis_url else LocalBus()
        self.limits = RateLimits(settings, self.bus if settings.redis_url else None)
        self.metrics = Metrics()
        self.reencryption = Reencryption(
            self.database, self.keys, (SEALED_CONTACTS, SEALED_MESSAGES, SEALED_STREAM_KEYS), counted=LIVE_CODES
        )
        self.notifications = Notifications(self.database)
        self.notification_reader = NotificationReader(self.database, self.notifications, sweeps=clock)
        self.database.publish_with(self._publish, self._heard)
        self._make_identity()
        self.storage = open_storage(settings)
        self.mail = Mail(self.database, self.keys, self.storage, settings, self.market)
        self.sms = Sms(self.database, self.keys, settings)
        self.media = MediaService(self.database, self.storage, settings, self.keys)
        self.view_counter = ViewCounter(self.database)
        self.listings = Listings(settings, self.market, self.view_counter)
        self.ledger = Ledger()
        self.wallets = Wallets(self.ledger, self.market)
        self.jobs = Jobs(self.database)
        self.payments = PaymentsModule(self.database, self.ledger, self.jobs, self.keys, self.market, settings)
        self.orders = OrderService(self.market)
        self.desk = Desk(
            self.database,
            shards=settings.desk_shards,
            queue_bids=settings.desk_queue_bids,
            batch_bids=settings.desk_batch_bids,
        )
        self.auctions = AuctionService(
            self.database, self.desk, settings=settings, market=self.market, keys=self.keys, awards=self.orders
        )
        self.auctions.check_bid_rate = self.limits.check_bid
        self.decisions = DecisionService(self.auctions, self.market)
        self.clock = AuctionClock(self.database, self.market, self.orders)
        self._make_orders()
        self.readiness = Readiness(self.database)
        self.readiness.checks["desk"] = self.desk.decides
        self.client = load_client(settings)
        self.pages = Pages(settings, self.market, self.client)
        self.sitemap = sitemap.Sitemap()
        self.hub = Hub(self.database, self.bus, updates_per_second=settings.updates_per_second)
        self.viewers = Viewers(self.hub, self.bus)
        self.hub.register("auction", AuctionSource(AuctionChannel(self.auctions), self.viewers))
        self.hub.register("user", UserSource(self.database))
        self.clock.tell_ending_soon = EndingSoon(self.hub, self.bus).tell
        if isinstance(self.bus, RedisBus):
            self.bus.on_gap(self.hub.look_at)
            self.readiness.checks["redis"] = self.bus.ping
        self._make_jobs()
        self._make_gauges()

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        self.notification_reader.heard(events)
        self.bus.publish(events)

    def _heard(self, channel: str) -> bool:
        return NotificationReader.listens_to(channel) or self.bus.heard(channel)

    def _make_jobs(self) -> None:
        event_hours = self.settings.event_retention_hours
        answer_hours = self.settings.idempotency_retention_hours
        self.jobs.register("kernel.prune_events", lambda: prune_events(self.database, event_hours), cron="*/10 * * * *")
        self.jobs.register(
            "kernel.prune_answers", lambda: prune_answers(self.database, answer_hours), cron="*/10 * * * *"
        )
        self.mail.register(self.jobs)
        self.sms.register(self.jobs)
        media_jobs.register(self.jobs, self.media)
        payment_jobs.register(self.jobs, self.payments)
        notification_jobs.register(self.jobs, self.notifications)
        self.order_deadlines.register(self.jobs)

    def _make_orders(self) -> None:
        market = self.market
        payments = self.payments.payments
        moves = OrderMoves(market, payments)
        self.order_moves = moves
        self.purchases = Purchases(market, self.orders, moves)
        self.paying = Paying(self.database, self.orders, moves, payments, self.ledger)
        self.payments.use_sink(self.paying)
        self.cancelling = Cancelling(market, self.auctions, moves, payments, self.ledger)
        self.fulfilling = Fulfilling(market, moves)
        self.order_deadlines = Deadlines(self.database, market, moves, self.cancelling)
        self._make_aftersale(moves)

    def _make_aftersale(self, moves: OrderMoves) -> None:
        settings, market, orders = self.settings, self.market, self.orders
        letters = Letters(self.keys, settings)
        self.meetings = Meetings(market, load_safe_zones(market, settings.market), moves, orders, letters)
        self.handover = Handover(self.database, moves, orders, self.keys, settings)
        self.disputes = Disputes(self.database, market, moves, orders, self.media, self.jobs, letters)
        moves.on_charged_back.append(self.disputes.bank_took_it)
        self.invoices = Invoices(self.database, market, self.keys, self.storage, self.jobs, settings)
        moves.on_completed.append(self.invoices.issue)
        self.ratings = Ratings(market, moves, orders)
        self.profiles.rating_board = self.ratings
        # In the order in which one who leaves is told what to do first: money comes back last.
        self.profiles.records += [
            AuctionRecords(), OrderRecords(), self.wallets, ListingRecords(), NotificationRecords(),
        ]  # fmt: skip

    def _make_gauges(self) -> None:
        gauge, counter = self.metrics.gauge, self.metrics.counter
        desk, hub = self.desk, self.hub
        gauge("outcry_desk_queued_bids", "Bids waiting for a batch", lambda: desk.queued_bids)
        counter("outcry_desk_decided_bids", "Bids decided since start", lambda: desk.decided_bids)
        counter("outcry_desk_batches", "Batches settled since start", lambda: desk.settled_batches)
        counter("outcry_clock_moved_auctions", "Auctions moved by the clock", lambda: self.clock.moved_auctions)
        counter(
            "outcry_notifications_changed",
            "Notifications made or brought up to date since start",
            lambda: self.notifications.changed_notifications,
        )
        counter("outcry_jobs_run", "Jobs that succeeded", lambda: self.jobs.run_jobs)
        counter("outcry_jobs_failed_runs", "Runs of jobs that failed", lambda: self.jobs.failed_runs)
        counter("outcry_mail_sent", "Mails the mail server has taken", lambda: self.mail.sent)
        counter("outcry_mail_failed", "Mails given up", lambda: self.mail.failed)
        counter("outcry_sms_sent", "Texts the gateway has taken", lambda: self.sms.sent)
        counter("outcry_sms_failed", "Texts given up", lambda: self.sms.failed)
        gauge("outcry_live_watchers", "Subscriptions of sockets and event streams", lambda: hub.watchers)
        counter("outcry_live_deliveries", "Frames handed to watchers", lambda: hub.deliveries)
        counter("outcry_live_coalesced", "Events merged into later ones", lambda: hub.coalesced_events)
        counter("outcry_live_slow", "Times a watcher fell behind", lambda: hub.slow_watchers)
        if isinstance(self.bus, RedisBus):
            bus = self.bus
            counter("outcry_bus_dropped_messages", "Messages Redis did not take", lambda: bus.dropped_messages)

    def socket_protocol(self) -> type[LiveProtocol]:
        """The class for uvicorn's `ws`: carries /v1/live."""
        return make_protocol(LiveParts(self.hub, self.auctions, self.authentication, self.settings))

    def http_protocol(self) -> type[BidProtocol]:
        """The class for uvicorn's `http`: answers bids itself."""
        bids = FastBids(
            auctions=self.auctions,
            authentication=self.authentication,
            headers=header_pairs(self.settings),
            origin_headers=cross_origin_headers(self.settings),
            limit_headers=self.limits.bid_headers,
            count=self.metrics.counting("POST", BID_ROUTE),
        )
        return make_http_protocol(bids)

    def _make_identity(self) -> None:
        settings = self.settings
        self.passwords = Passwords()
        self.tokens = Tokens(self.keys, issuer=settings.token_issuer, access_seconds=settings.access_token_seconds)
        self.authentication = Authentication(self.database, self.tokens, self.bus)
        self.accounts = Accounts(
            self.database,
            settings=settings,
            market=self.market,
            keys=self.keys,
            bus=self.bus,
            tokens=self.tokens,
            passwords=self.passwords,
        )
        self.phones = PhoneSignIn(self.accounts, self.market, self.keys)
        self.external = ExternalIdentity(self.accounts, settings, self.keys)
        self.profiles = Profiles(self.accounts, self.market, self.keys)
        self.staffing = Staffing(self.accounts)

    def dependencies(self) -> dict[str, Any]:
        """What routes may ask for by parameter name."""
        return {
            "settings": self.settings,
            "market": self.market,
            "keys": self.keys,
            "database": self.database,
            "bus": self.bus,
            "tokens": self.tokens,
            "accounts": self.accounts,
            "phones": self.phones,
            "external": self.external,
            "profiles": self.profiles,
            "staffing": self.staffing,
            "media": self.media,
            "listings": self.listings,
            "ledger": self.ledger,
            "ledger_wallets": self.wallets,
            **self.payments.dependencies(),
            "auctions": self.auctions,
            "decisions": self.decisions,
            "orders": self.orders,
            "purchases": self.purchases,
            "paying": self.paying,
            "cancelling": self.cancelling,
            "fulfilling": self.fulfilling,
            "order_deadlines": self.order_deadlines,
            "meetings": self.meetings,
            "handover": self.handover,
            "disputes": self.disputes,
            "invoices": self.invoices,
            "ratings": self.ratings,
            "notifications": self.notifications,
            "hub": self.hub,
            "readiness": self.readiness,
            "document": self.document,
            "pages": self.pages,
            "sitemap": self.sitemap,
            "metrics": self.metrics,
            "jobs": self.jobs,
        }

    def routes(self) -> list[ControllerRouterHandler]:
        """The routes of this process's settings."""
        return every_route(
            client=self.client is not None,
            sandbox=self.payments.has_sandbox,
            development=not self.settings.is_production,
        )

    async def start(self) -> None:
        """Open what needs opening, the back first."""
        await self.metrics.start()
        await self.timekeeper.start()
        await self.bus.start()
        async with self.database.transaction(SYSTEM) as tx:
            await categories.seed(tx)
        await self.desk.start()
        await self.hub.start()
        await self.viewers.start()
        await self.notification_reader.start()
        if self._runs_clock:
            await self.clock.start()
            await self.jobs.start()
        await self.view_counter.start()

    async def stop(self) -> None:
        """Close everything, the front first."""
        await ended("jobs", self.jobs.stop())
        await ended("the clock", self.clock.stop())
        await ended("the desk", self.desk.stop())
        await ended("notifications", self.notification_reader.stop())
        await ended("viewers", self.viewers.stop())
        await ended("the hub", self.hub.stop())
        await ended("the view counter", self.view_counter.stop())
        await ended("the bus", self.bus.stop())
        await ended("payments", self.payments.close())
        await ended("the timekeeper", self.timekeeper.stop())
        await ended("the database's pools", self.database.close())
        self.passwords.close()
        self.invoices.close()
        await self.metrics.stop()

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncIterator[None]:
        """For Litestar: started while it serves."""
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def asgi(self) -> ASGIApp:
        """The ASGI app. Raises RuntimeError when a route declares no access."""
        framework = make_framework(
            self.routes(),
            self.dependencies(),
            lifespan=self.lifespan,
            missing_page=page_routes.missing_page(self.pages),
            max_body_bytes=self.settings.max_body_bytes,
        )
        document: dict[str, Any] = framework.openapi_schema.to_schema()
        # The framework's own copy of the document is not part of the contract.
        document["paths"] = {path: item for path, item in document["paths"].items() if not path.startswith(SCHEMA_PATH)}
        self.document.content = document
        # Round the whole framework, so that what it answers before it finds a route (404, 405) is covered too.
        whole: ASGIApp = framework
        for middleware in (
            self.limits.by_person,
            self.authentication.middleware,
            self.limits.by_address,
            answering_problems,
            serving_client(self.client),
            security_headers(self.settings),
            self.metrics.middleware,
            request_context,
        ):
            whole = middleware(whole)
        return behind_proxies(self.settings)(cross_origin(self.settings)(whole))

    def openapi_document(self) -> dict[str, Any]:
        """The OpenAPI document as `/openapi.json` serves it."""
        self.asgi()
        return self.document.content
