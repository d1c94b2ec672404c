"""Instants on the wire and in the rules: RFC 3339 UTC with milliseconds, and integer microseconds.

Decisions about time use PostgreSQL's clock, never this process's; `utc_now` is for log lines and tokens.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

MICROSECONDS_PER_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CACHED_SECONDS = 16_384


def utc_now() -> datetime:
    """This process's idea of now, in UTC."""
    return datetime.now(UTC)


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
