"""Instants on the wire and in the rules: RFC 3339 UTC with milliseconds, and integer microseconds.

Decisions about time use PostgreSQL's clock, never this process's; `utc_now` is for log lines and tokens.
"""

from datetime import UTC, datetime, timedelta

MICROSECONDS_PER_SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


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
    instant = instant.astimezone(UTC)
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def rfc3339_microseconds(microseconds: int) -> str:
    """`rfc3339` of an instant given in microseconds since the epoch."""
    return rfc3339(from_microseconds(microseconds))
