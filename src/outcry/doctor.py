"""`outcry doctor`: looks for what is wrong and says how to mend it (SPEC OPS-2)."""

import os
import socket
import time
from collections.abc import Callable

from outcry.kernel.settings import Settings

MAX_SKEW_SECONDS = 1.0
MIN_POSTGRES = 150_000

Finding = tuple[bool, str]


def run(settings: Settings, *, show_settings: bool) -> int:
    """Print every finding; 0 when nothing is wrong."""
    if show_settings:
        from outcry.kernel.settings_table import document

        print(document(), end="")
        return 0
    checks: list[Callable[[Settings], list[Finding]]] = [_folder, _port, _database, _redis]
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
    while not nearest.exists():
        nearest = nearest.parent
    if os.access(nearest, os.W_OK):
        return [(True, f"data folder {folder} can be written")]
    return [(False, f"data folder {folder} cannot be written: choose another with OUTCRY_DATA_DIR")]


def _port(settings: Settings) -> list[Finding]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as taken:
            words = f"{settings.host}:{settings.port} cannot be listened on ({taken.strerror})"
            return [(False, f"{words}: stop what uses it (it may be Outcry itself) or set OUTCRY_PORT")]
    return [(True, f"{settings.host}:{settings.port} is free")]


def _database(settings: Settings) -> list[Finding]:
    import psycopg

    from outcry.kernel import migrations
    from outcry.kernel.database import APP_ROLE, libpq_url
    from outcry.kernel.embedded import running_url

    url = settings.database_url or running_url(settings.data_path)
    if url is None:
        return [(True, "the embedded database is not running; `outcry serve` starts it")]
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
            version = connection.info.server_version
            began = time.time()
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
            middle = (began + time.time()) / 2
            role = connection.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", (APP_ROLE,)
            ).fetchone()
    except psycopg.Error as unreachable:
        return [(False, f"the database cannot be reached: {str(unreachable).strip()}; check OUTCRY_DATABASE_URL")]
    assert row is not None
    skew = abs(row[0] - middle)
    revision, head = migrations.current_revision(url), migrations.head_revision()
    return [
        (version >= MIN_POSTGRES, f"PostgreSQL {version // 10_000}.{version % 10_000} (15 or newer is needed)"),
        (
            skew <= MAX_SKEW_SECONDS,
            f"our clock and PostgreSQL's differ by {skew:.3f} s (tokens allow {MAX_SKEW_SECONDS} s)",
        ),
        (revision == head, f"schema at {revision}, this version wants {head}: `outcry migrate` brings it there"),
        (role is not None and not role[0], f"role {APP_ROLE} exists and row security binds it"),
    ]


def _redis(settings: Settings) -> list[Finding]:
    if not settings.redis_url:
        return [(True, "one process, no Redis needed")]
    import redis

    try:
        redis.Redis.from_url(settings.redis_url, socket_connect_timeout=3).ping()
    except (redis.RedisError, OSError) as away:
        return [(False, f"Redis does not answer: {away}; check OUTCRY_REDIS_URL")]
    return [(True, "Redis answers")]
