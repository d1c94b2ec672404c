"""`outcry doctor`: looks for what is wrong and says how to mend it (SPEC OPS-2)."""

import errno
import os
import socket
import time
from collections.abc import Callable

from outcry.kernel.settings import Settings

MAX_SKEW_SECONDS = 1.0
MIN_POSTGRES = 150_000
CONNECT_SECONDS = 5

Finding = tuple[bool, str]


def run(settings: Settings, *, show_settings: bool) -> int:
    """Print every finding; 0 when nothing is wrong."""
    if show_settings:
        from outcry.kernel.settings_table import document

        print(document(), end="")
        return 0
    checks: list[Callable[[Settings], list[Finding]]] = [_folder, _port, _database, _redis, _mail]
    wrong = 0
    for check in checks:
        for good, words in check(settings):
            wrong += not good
            print(f"{'ok  ' if good else 'BAD '} {words}")
    print("doctor: all is well" if not wrong else f"doctor: {wrong} to mend")
    return 1 if wrong else 0


def _folder(settings: Settings) -> list[Finding]:
    folder = settings.data_path
    nearest = folder
    # Not Path.exists, which raises in a folder that we may not search.
    while not os.path.exists(nearest):
        nearest = nearest.parent
    if not nearest.is_dir():
        return [(False, f"{nearest} is a file, so data folder {folder} cannot be: set OUTCRY_DATA_DIR to another")]
    if not os.access(nearest, os.W_OK | os.X_OK):
        return [(False, f"data folder {folder} cannot be written: choose another with OUTCRY_DATA_DIR")]
    return [(True, f"data folder {folder} can be written")]


def _port(settings: Settings) -> list[Finding]:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as taken:
            words = f"{settings.host}:{settings.port} cannot be listened on ({taken.strerror})"
            mend = (
                "stop what uses it (it may be Outcry itself) or set OUTCRY_PORT"
                if taken.errno == errno.EADDRINUSE
                else "set OUTCRY_HOST to an address of this machine, and OUTCRY_PORT to one you may use"
            )
            return [(False, f"{words}: {mend}")]
    return [(True, f"{settings.host}:{settings.port} is free")]


def _database(settings: Settings) -> list[Finding]:
    import psycopg
    from sqlalchemy.exc import ArgumentError

    from outcry.kernel import migrations
    from outcry.kernel.database import APP_ROLE, libpq_url
    from outcry.kernel.embedded import running_url

    url = settings.database_url or running_url(settings.data_path)
    if url is None:
        return [(True, "the embedded database is not running; `outcry serve` starts it")]
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=CONNECT_SECONDS) as connection:
            version = connection.info.server_version
            began = time.time()
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
            middle = (began + time.time()) / 2
            role = connection.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (APP_ROLE,)
            ).fetchone()
        revision, head = migrations.current_revision(url), migrations.head_revision()
    except ArgumentError:
        return [(False, "OUTCRY_DATABASE_URL is no URL; it looks like postgresql://user:password@host/database")]
    except psycopg.Error as unreachable:
        why = " ".join(str(unreachable).split())
        return [(False, f"the database cannot be reached: {why}; check OUTCRY_DATABASE_URL")]
    assert row is not None
    return [
        (version >= MIN_POSTGRES, f"PostgreSQL {version // 10_000}.{version % 10_000} (15 or newer is needed)"),
        _clocks(abs(row[0] - middle)),
        _schema(revision, head),
        _role(APP_ROLE, role),
    ]


def _clocks(skew_seconds: float) -> Finding:
    words = f"our clock and PostgreSQL's differ by {skew_seconds:.3f} s"
    if skew_seconds <= MAX_SKEW_SECONDS:
        return True, words
    return False, f"{words}, {MAX_SKEW_SECONDS:.0f} s is allowed: synchronise both machines' clocks (NTP)"


def _schema(revision: str | None, head: str) -> Finding:
    if revision == head:
        return True, f"schema at {head}, as this version wants it"
    return False, f"schema at {revision or 'nothing'}, this version wants {head}: `outcry migrate` brings it there"


def _role(name: str, unbound: tuple[bool] | None) -> Finding:
    if unbound is None:
        return False, f"role {name} does not exist: `outcry migrate` makes it"
    if unbound[0]:
        return False, f"row security does not bind role {name}: ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS"
    return True, f"role {name} exists and row security binds it"


def _redis(settings: Settings) -> list[Finding]:
    if not settings.redis_url:
        return [(True, "one process, no Redis needed")]
    import redis

    try:
        redis.Redis.from_url(settings.redis_url, socket_connect_timeout=CONNECT_SECONDS).ping()
    except ValueError:
        return [(False, "OUTCRY_REDIS_URL is no URL; it looks like redis://host:6379/0")]
    except (redis.RedisError, OSError) as away:
        return [(False, f"Redis does not answer: {away}; check OUTCRY_REDIS_URL")]
    return [(True, "Redis answers")]


def _mail(settings: Settings) -> list[Finding]:
    from outcry.kernel.settings import mail_server

    if not settings.smtp_url:
        if settings.is_production:
            mend = "set OUTCRY_SMTP_URL and OUTCRY_MAIL_FROM, or nobody gets a verification link, reset or invoice"
            return [(False, f"no mail is sent: {mend}")]
        return [(True, "no mail server: mail is kept and shown at /dev/outbox")]
    server = mail_server(settings.smtp_url)
    try:
        socket.create_connection((server.host, server.port), CONNECT_SECONDS).close()
    except OSError as away:
        words = f"the mail server {server.host}:{server.port} does not answer ({away})"
        return [(False, f"{words}: check OUTCRY_SMTP_URL")]
    return [(True, f"the mail server {server.host}:{server.port} answers")]
