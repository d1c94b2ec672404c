"""A Python whose wall clock is WRONG_CLOCK_SECONDS ahead; put this folder on PYTHONPATH.

Monotonic clocks stay right, as they do on a machine whose wall clock is wrong.
"""

import datetime
import os
import time

_SECONDS = int(os.environ["WRONG_CLOCK_SECONDS"])
_time, _time_ns, _datetime = time.time, time.time_ns, datetime.datetime


def wrong_time() -> float:
    return _time() + _SECONDS


def wrong_time_ns() -> int:
    return _time_ns() + _SECONDS * 1_000_000_000


class _AsThePlain(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class WrongDatetime(_datetime, metaclass=_AsThePlain):
    """Gives plain datetimes and takes them for its own; without a dictionary, for compiled modules know its size."""

    __slots__ = ()

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return _datetime.fromtimestamp(wrong_time(), tz)

    @classmethod
    def utcnow(cls) -> datetime.datetime:  # type: ignore[override]
        return _datetime.fromtimestamp(wrong_time(), datetime.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> datetime.datetime:  # type: ignore[override]
        return cls.now()


time.time, time.time_ns = wrong_time, wrong_time_ns
datetime.datetime = WrongDatetime  # type: ignore[misc]
