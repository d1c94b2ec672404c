"""Instants on the wire and in the rules: RFC 3339 UTC with milliseconds, and integer microseconds.

Decisions about time are PostgreSQL's own, in SQL. `utc_now` is for tokens, ids and hints: PostgreSQL's clock as it was
last heard (`kernel/clock.py`), so that a machine whose wall clock is wrong agrees with the others.
"""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MICROSECONDS_PER_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CACHED_SECONDS = 16_384


# What to add to the monotonic clock; until the database is heard this machine's wall clock must do.
_offset_us = (time.time_ns() - time.monotonic_ns()) // 1_000


def learn_time(now_us: int, heard_at_us: int) -> None:
    """The clock that counts showed `now_us` when `monotonic_us` gave `heard_at_us`."""
    global _offset_us  # noqa: PLW0603
    _offset_us = now_us - heard_at_us


def monotonic_us() -> int:
    """Microseconds of this machine's clock that only goes forward, from some beginning."""
    return time.monotonic_ns() // 1_000


def now_us() -> int:
    """Now, in microseconds since the Unix epoch."""
    return monotonic_us() + _offset_us


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.fromtimestamp(now_us() / MICROSECONDS_PER_SECOND, UTC)


def unix_seconds() -> int:
    """Now, in whole seconds since the Unix epoch, as tokens count."""
    return now_us() // MICROSECONDS_PER_SECOND


def to_microseconds(instant: datetime) -> int:
    """Microseconds since the Unix epoch, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The instant that many microseconds after the Unix epoch."""
    return _EPOCH + timedelta(microseconds=microseconds)


def rfc3339(instant: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`: what every time in an answer looks like (SPEC API-3)."""
    return rfc3339_microseconds(to_microseconds(instant))


def rfc3339_microseconds(microseconds: int) -> str:
    """`rfc3339` of an instant given in microseconds since the epoch."""
    seconds, rest = divmod(microseconds, MICROSECONDS_PER_SECOND)
    return f"{_to_the_second(seconds)}.{rest // 1000:03d}Z"


@lru_cache(_CACHED_SECONDS)
def _to_the_second(seconds: int) -> str:
    # The same few seconds are written thousands of times: now, and the ends of running auctions.
    return from_microseconds(seconds * MICROSECONDS_PER_SECOND).strftime("%Y-%m-%dT%H:%M:%S")
