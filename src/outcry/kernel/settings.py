"""Every setting of Outcry (SPEC OPS-1): from the environment (`OUTCRY_NAME`) over `outcry.toml` over defaults.

Each field's `description` is its row in docs/guide/settings.md; a test keeps table and code together.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote, urlsplit

import msgspec
from msgspec import Meta

from outcry.kernel.market import Market, load_market

PREFIX = "OUTCRY_"
DEFAULT_FILE = "outcry.toml"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_SMS_SENDER = re.compile(r"\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}")


class SettingsError(ValueError):
    """A setting is unknown, of the wrong type or out of bounds; the message names it and the rule."""


def _doc(description: str, **bounds: Any) -> Any:
    return Meta(description=description, **bounds)


class MailServer(msgspec.Struct, frozen=True):
    """Where mail goes. `implicit_tls`: TLS from the first byte; else STARTTLS where it is offered."""

    host: str
    port: int
    username: str | None
    password: str | None
    implicit_tls: bool


def mail_server(url: str) -> MailServer:
    """The server an `smtp_url` names. Raises SettingsError naming the rule, never the URL, which holds a password."""
    parts = urlsplit(url)
    ports = {"smtp": 587, "smtps": 465}
    try:
        port = parts.port or ports.get(parts.scheme)
    except ValueError:
        port = None
    if port is None or not parts.hostname:
        raise SettingsError(f"{PREFIX}SMTP_URL looks like smtp://user:password@host:587 or smtps://user:password@host")
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailServer(parts.hostname, port, username, password, parts.scheme == "smtps")


class SmsGateway(msgspec.Struct, frozen=True):
    """Whose account at Twilio texts are sent from, and where they are handed in."""

    account: str
    token: str
    messages_url: str


def sms_gateway(url: str) -> SmsGateway:
    """The gateway an `sms_url` names. Raises SettingsError naming the rule, never the URL, which holds a token."""
    parts = urlsplit(url)
    is_local = parts.hostname in LOOPBACK_HOSTS
    if parts.scheme not in ("twilio", "twilio+http") or (parts.scheme == "twilio+http" and not is_local):
        raise SettingsError(f"{PREFIX}SMS_URL looks like twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com")
    if not parts.hostname or not parts.username or not parts.password:
        raise SettingsError(f"{PREFIX}SMS_URL must name the account, its token and the host: twilio://SID:TOKEN@host")
    account, host = unquote(parts.username), parts.netloc.rpartition("@")[2]
    scheme = "https" if parts.scheme == "twilio" else "http"
    messages_url = f"{scheme}://{host}/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
    return SmsGateway(account, unquote(parts.password), messages_url)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Validated settings; money in minor units, times in the unit the name ends with."""

    env: Annotated[
        Literal["development", "production"],
        _doc("`development` adds /dev pages and known secrets; `production` refuses both"),
    ] = "development"
    data_dir: Annotated[str, _doc("Folder of the embedded database, uploads and generated secrets")] = "outcry-data"
    host: Annotated[str, _doc("Address to listen on")] = "127.0.0.1"
    port: Annotated[int, _doc("Port to listen on; 0 takes a free one", ge=0, le=65535)] = 8000
    workers: Annotated[int, _doc("API processes; more than one needs `redis_url`", ge=1, le=64)] = 1
    public_url: Annotated[str, _doc("What the outside calls us; empty: http://host:port")] = ""
    database_url: Annotated[str, _doc("PostgreSQL 15+; empty: the embedded one in `data_dir`")] = ""
    database_pool_connections: Annotated[
        int,
        _doc("Connections a process keeps for requests; the desk, jobs, clock and webhooks have theirs", ge=2, le=200),
    ] = 10
    redis_url: Annotated[str, _doc("Redis or Valkey for fan-out, limits and presence; empty: in-process")] = ""
    storage_url: Annotated[
        str, _doc("Where uploads live: empty for `data_dir`/objects, or s3://bucket/prefix, gs://...")
    ] = ""
    client_dir: Annotated[
        str,
        _doc("Folder of the built web client; empty: web/dist of a checkout, or the installed one; `none`: no client"),
    ] = ""
    market: Annotated[str, _doc("`default`, `ca`, `kg`, `in`, or the path of a market's .toml file")] = "default"
    smtp_url: Annotated[
        str,
        _doc("Mail server: smtp://user:password@host:587 (TLS where offered) or smtps://...; empty: none is sent"),
    ] = ""
    mail_from: Annotated[str, _doc("Sender of mail, `Name <address>` or an address; needed with `smtp_url`")] = ""
    sms_url: Annotated[
        str, _doc("Who texts: twilio://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com; empty: nothing is texted")
    ] = ""
    sms_from: Annotated[
        str, _doc("Sender of texts: a number like +15551230000 or a messaging service MG...; needed with `sms_url`")
    ] = ""
    secret_key: Annotated[
        str,
        _doc("Root of all derived keys, 32+ characters; required in production, generated in development"),
    ] = ""
    secret_key_previous: Annotated[
        str, _doc("Older root keys, comma-separated: still read while data is re-encrypted, never written")
    ] = ""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _doc("Least level that is logged")] = "info"
    log_format: Annotated[Literal["json", "text"], _doc("JSON lines, or text for people")] = "json"
    cors_origins: Annotated[str, _doc("Origins of other sites whose pages may call the API, comma-separated")] = ""
    max_body_bytes: Annotated[int, _doc("Largest request body except uploads", ge=1024)] = 1_048_576
    max_upload_bytes: Annotated[int, _doc("Largest uploaded file", ge=1024)] = 20_971_520
    trusted_proxies: Annotated[
        str,
        _doc(
            "Proxies whose X-Forwarded-For is believed: addresses or networks, comma-separated; `*`: whoever connects"
        ),
    ] = ""

    rate_limits: Annotated[Literal["on", "off"], _doc("`off` only for tests and benchmarks")] = "on"
    auth_requests_per_minute: Annotated[int, _doc("Sign-up, log-in and codes, per address", ge=1)] = 5
    api_requests_per_minute: Annotated[int, _doc("All calls, per user (or address when signed out)", ge=1)] = 100
    bids_per_minute: Annotated[int, _doc("Bids per user and auction", ge=1)] = 10

    access_token_seconds: Annotated[int, _doc("Life of an access token", ge=30)] = 900
    refresh_token_seconds: Annotated[int, _doc("Life of a refresh token", ge=60)] = 604_800
    token_issuer: Annotated[str, _doc("`iss` of our tokens")] = "outcry"  # noqa: S105
    external_issuer: Annotated[str, _doc("`iss` that auth/sync accepts; empty switches auth/sync off")] = ""
    external_audience: Annotated[str, _doc("`aud` that auth/sync requires")] = ""
    external_jwks_url: Annotated[str, _doc("Key set of the outside issuer")] = ""
    external_hs256_secret: Annotated[str, _doc("Shared secret instead of a key set (HS256 issuers)")] = ""

    payment_provider: Annotated[
        Literal["default", "sandbox", "stripe", "none"],
        _doc(
            "Who takes card payments and pays out: `sandbox` (built in, moves no real money), `stripe`, or `none`: "
            "wallets only; `default`: the sandbox in development, none in production"
        ),
    ] = "default"
    sandbox_in_production: Annotated[
        Literal["no", "yes"], _doc("`yes` lets the sandbox serve in production: anybody can then pay with test cards")
    ] = "no"
    sandbox_webhook_url: Annotated[
        str, _doc("Where the sandbox sends its webhooks; empty: to this server (`public_url`, else host and port)")
    ] = ""
    sandbox_dispute_seconds: Annotated[
        int, _doc("How long after a payment with the dispute card the sandbox opens its dispute", ge=0, le=86_400)
    ] = 30
    stripe_secret_key: Annotated[str, _doc("Secret key of the Stripe account (`sk_...`)")] = ""
    stripe_webhook_secret: Annotated[
        str, _doc("Signing secrets of Stripe's webhook endpoints (`whsec_...`), comma-separated")
    ] = ""
    stripe_publishable_key: Annotated[str, _doc("Publishable key of the Stripe account (`pk_...`), for clients")] = ""
    stripe_api_base: Annotated[str, _doc("Stripe's API; another one only for tests")] = "https://api.stripe.com"
    payment_expiry_hours: Annotated[
        int, _doc("How long a card payment waits to be paid before it is called off", ge=1, le=24)
    ] = 24
    top_up_min_minor: Annotated[int, _doc("Least top-up, in minor units of its currency", ge=1)] = 100
    top_up_max_minor: Annotated[int, _doc("Largest top-up, in minor units of its currency", ge=1)] = 1_000_000
    withdrawal_min_minor: Annotated[int, _doc("Least withdrawal, in minor units of its currency", ge=1)] = 100
    withdrawal_day_max_minor: Annotated[
        int, _doc("Most that a person may withdraw in 24 hours, in minor units of a currency", ge=1)
    ] = 1_000_000
    reconciliation_days: Annotated[
        int, _doc("How far back the daily reconciliation compares the provider's records with ours", ge=1, le=60)
    ] = 7
    stuck_after_hours: Annotated[
        int, _doc("Refunds and withdrawals that wait longer are reported as stuck", ge=1, le=720)
    ] = 72
    handover_code_seconds: Annotated[int, _doc("Life of a buyer's handover code", ge=30, le=86_400)] = 300
    handover_tries: Annotated[int, _doc("Wrong handover codes an order takes in 10 minutes", ge=1, le=1000)] = 10

    min_auction_seconds: Annotated[int, _doc("Shortest auction; 0 for the default: 60, in development 1", ge=0)] = 0
    desk_shards: Annotated[int, _doc("Connections on which bids are decided, per process", ge=1, le=32)] = 1
    desk_queue_bids: Annotated[int, _doc("Bids that may wait before `busy` is answered", ge=1)] = 20_000
    desk_batch_bids: Annotated[int, _doc("Most bids in one transaction", ge=1, le=10_000)] = 512
    event_retention_hours: Annotated[int, _doc("How long events can be caught up with `since`", ge=1)] = 72
    idempotency_retention_hours: Annotated[int, _doc("How long an Idempotency-Key replays its answer", ge=24)] = 48
    updates_per_second: Annotated[int, _doc("Most updates a watcher gets per auction", ge=1, le=1000)] = 20
    socket_buffer_bytes: Annotated[
        int, _doc("Unsent bytes at which a slow client falls back to snapshots", ge=4096)
    ] = 262_144
    socket_frame_bytes: Annotated[int, _doc("Largest frame a client may send", ge=256)] = 16_384
    socket_frames_per_second: Annotated[int, _doc("Frames a client may send, else closed 4429", ge=1)] = 50
    socket_subscriptions: Annotated[int, _doc("Channels one socket may subscribe to", ge=1)] = 200
    socket_heartbeat_seconds: Annotated[int, _doc("Ping interval; two missed close the socket", ge=1)] = 20

    @property
    def is_production(self) -> bool:
        """True when development conveniences must not exist."""
        return self.env == "production"

    @property
    def chosen_payment_provider(self) -> str | None:
        """`sandbox`, `stripe`, or None: no card payments."""
        if self.payment_provider == "default":
            return None if self.is_production else "sandbox"
        return None if self.payment_provider == "none" else self.payment_provider

    @property
    def data_path(self) -> Path:
        """`data_dir` as an absolute path."""
        return Path(self.data_dir).expanduser().resolve()

    @property
    def auction_min_seconds(self) -> int:
        """Shortest allowed auction: the setting, or 60 in production and 1 in development."""
        if self.min_auction_seconds:
            return self.min_auction_seconds
        return 60 if self.is_production else 1

    def load_market(self) -> Market:
        """The market profile these settings name. Raises SettingsError when there is none."""
        try:
            return load_market(self.market)
        except ValueError as wrong:
            raise SettingsError(f"{PREFIX}MARKET: {wrong}") from None


FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}


def load_settings(environment: Mapping[str, str] | None = None, file: Path | None = None, **overrides: Any) -> Settings:
    """Settings from overrides (the command line), the environment, `outcry.toml`, and defaults, in this order.

    Raises SettingsError naming the setting and the rule; an unknown OUTCRY_ name is an error too, so that a
    typing slip cannot silently leave a default in force.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    path = file or Path(environment.get(f"{PREFIX}CONFIG", DEFAULT_FILE))
    if path.exists():
        try:
            values.update(tomllib.loads(path.read_text()))
        except tomllib.TOMLDecodeError as wrong:
            raise SettingsError(f"{path}: {wrong}") from None
    for name, value in environment.items():
        if name.startswith(PREFIX) and name != f"{PREFIX}CONFIG":
            key = name.removeprefix(PREFIX).lower()
            if key not in FIELDS:
                raise SettingsError(f"{name} is not a setting; `outcry doctor --settings` lists them")
            values[key] = value
    values.update({key: value for key, value in overrides.items() if value is not None})
    for key in values:
        if key not in FIELDS:
            raise SettingsError(f"{key} in {path} is not a setting")
    settings = _convert(values)
    settings.load_market()
    _refuse_unsafe_production(settings)
    return settings


def _convert(values: dict[str, Any]) -> Settings:
    checked: dict[str, Any] = {}
    for key, value in values.items():
        try:
            checked[key] = msgspec.convert(value, FIELDS[key].type, strict=False)
        except msgspec.ValidationError as wrong:
            raise SettingsError(f"{PREFIX}{key.upper()}: {wrong}") from None
    return Settings(**checked)


def _check_messengers(settings: Settings) -> None:
    if settings.smtp_url:
        mail_server(settings.smtp_url)
        if "@" not in parseaddr(settings.mail_from)[1]:
            raise SettingsError(f"{PREFIX}MAIL_FROM must be an address when {PREFIX}SMTP_URL is set")
    if settings.sms_url:
        sms_gateway(settings.sms_url)
        if not _SMS_SENDER.fullmatch(settings.sms_from):
            raise SettingsError(f"{PREFIX}SMS_FROM must be a number (+15551230000) or a messaging service (MG...)")


def _refuse_unsafe_production(settings: Settings) -> None:
    if settings.workers > 1 and not settings.redis_url:
        raise SettingsError(
            f"{PREFIX}WORKERS={settings.workers} needs {PREFIX}REDIS_URL: "
            "several processes tell one another what happened through Redis or Valkey"
        )
    if settings.payment_provider == "stripe":
        for name in ("stripe_secret_key", "stripe_webhook_secret"):
            if not getattr(settings, name):
                raise SettingsError(f"{PREFIX}PAYMENT_PROVIDER=stripe needs {PREFIX}{name.upper()}")
    _check_messengers(settings)
    if not settings.is_production:
        return
    if settings.payment_provider == "sandbox" and settings.sandbox_in_production != "yes":
        raise SettingsError(
            f"{PREFIX}PAYMENT_PROVIDER=sandbox moves no real money and is refused in production; "
            f"for a demonstration set {PREFIX}SANDBOX_IN_PRODUCTION=yes"
        )
    if settings.payment_provider == "stripe" and not settings.public_url.startswith("https://"):
        raise SettingsError(f"{PREFIX}PAYMENT_PROVIDER=stripe needs {PREFIX}PUBLIC_URL=https://... in production")
    if len(settings.secret_key) < 32:
        raise SettingsError(f"{PREFIX}SECRET_KEY must be set to 32 or more random characters in production")
    if settings.rate_limits == "off":
        raise SettingsError(f"{PREFIX}RATE_LIMITS=off is refused in production")
