"""Array parameters for set-based SQL, dumped in PostgreSQL's binary format by bulk operations.

psycopg's own list dumper looks at every element; on the bid path, where one statement carries thousands of values,
that costs more than deciding the bids. `BigInts([...])` goes to `unnest(%s::bigint[])`, through a cursor or through
`kernel.pipeline`. UUIDs are given as UUID objects or as their 128-bit integers.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

T = TypeVar("T")

_HEADER = struct.Struct("!iiIii").pack
_EMPTY = struct.Struct("!iiI").pack
_NULL = b"\xff\xff\xff\xff"
_LENGTH_16 = b"\0\0\0\x10"
_TRUE = b"\0\0\0\x01\x01"
_FALSE = b"\0\0\0\x01\x00"
_length = struct.Struct("!i").pack
_int8 = struct.Struct("!iq").pack
_int4 = struct.Struct("!ii").pack
_KEPT_LAYOUTS = 2_048

# PostgreSQL counts from 2000-01-01, in microseconds.
_POSTGRES_EPOCH_US = 946_684_800_000_000


@lru_cache(_KEPT_LAYOUTS)
def _all_at_once(element: str, count: int) -> Callable[..., bytes]:
    return struct.Struct("!" + f"i{element}" * count).pack


def _numbers(values: Sequence[int | None], element: str, size: int, one: Callable[[int, int], bytes]) -> bytes:
    """Integers each behind its length; without a NULL among them, or with nothing else, in one call."""
    nulls = values.count(None)
    if not nulls:
        pairs: list[int | None] = [size] * (2 * len(values))
        pairs[1::2] = values
        return _all_at_once(element, len(values))(*pairs)
    if nulls == len(values):
        return _NULL * nulls
    return b"".join([_NULL if value is None else one(size, value) for value in values])


class Array(ABC, Generic[T]):
    """A one-dimensional array of one PostgreSQL type."""

    __slots__ = ("values",)
    oid: ClassVar[int]
    element_oid: ClassVar[int]

    def __init__(self, values: Iterable[T]) -> None:
        self.values = values if isinstance(values, list) else list(values)

    def dump(self) -> bytes:
        """The binary format."""
        values = self.values
        if not values:
            return _EMPTY(0, 0, self.element_oid)
        has_null = 1 if None in values else 0
        return _HEADER(1, has_null, self.element_oid, len(values), 1) + self.body()

    @abstractmethod
    def body(self) -> bytes:
        """The elements, each behind its length."""


class Uuids(Array[UUID | None]):
    """uuid[]"""

    __slots__ = ()
    oid, element_oid = 2951, 2950

    def body(self) -> bytes:
        return b"".join([_NULL if value is None else _LENGTH_16 + value.bytes for value in self.values])


class UuidInts(Array[int | None]):
    """uuid[], given as 128-bit integers"""

    __slots__ = ()
    oid, element_oid = 2951, 2950

    def body(self) -> bytes:
        return b"".join([_NULL if value is None else _LENGTH_16 + value.to_bytes(16, "big") for value in self.values])


class UuidBytes(Array[bytes | None]):
    """uuid[], given as 16 bytes each: the cheapest way to say ids"""

    __slots__ = ()
    oid, element_oid = 2951, 2950

    def body(self) -> bytes:
        values = self.values
        if None in values:
            return b"".join([_NULL if value is None else _LENGTH_16 + value for value in values])
        return _LENGTH_16 + _LENGTH_16.join(values)  # type: ignore[arg-type]


class BigInts(Array[int | None]):
    """bigint[]"""

    __slots__ = ()
    oid, element_oid = 1016, 20

    def body(self) -> bytes:
        return _numbers(self.values, "q", 8, _int8)


class Ints(Array[int | None]):
    """integer[]"""

    __slots__ = ()
    oid, element_oid = 1007, 23

    def body(self) -> bytes:
        return _numbers(self.values, "i", 4, _int4)


class Instants(Array[int | None]):
    """timestamptz[], given as microseconds since the Unix epoch"""

    __slots__ = ()
    oid, element_oid = 1185, 1184

    def body(self) -> bytes:
        return b"".join([_NULL if value is None else _int8(8, value - _POSTGRES_EPOCH_US) for value in self.values])


class Texts(Array[str | None]):
    """text[]"""

    __slots__ = ()
    oid, element_oid = 1009, 25

    def body(self) -> bytes:
        encoded = [None if value is None else value.encode() for value in self.values]
        return b"".join([_NULL if value is None else _length(len(value)) + value for value in encoded])


class Byteas(Array[bytes | None]):
    """bytea[]"""

    __slots__ = ()
    oid, element_oid = 1001, 17

    def body(self) -> bytes:
        return b"".join([_NULL if value is None else _length(len(value)) + value for value in self.values])


class JsonTexts(Byteas):
    """json[], given as encoded JSON"""

    __slots__ = ()
    oid, element_oid = 199, 114


class Booleans(Array[bool]):
    """boolean[]"""

    __slots__ = ()
    oid, element_oid = 1000, 16

    def body(self) -> bytes:
        return b"".join([_TRUE if value else _FALSE for value in self.values])


def _dumper_for(kind: type[Array[Any]]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = kind.oid

        def dump(self, obj: Any) -> Buffer:
            return obj.dump()

    return ArrayDumper


for _kind in (Uuids, UuidInts, UuidBytes, BigInts, Ints, Instants, Texts, Byteas, JsonTexts, Booleans):
    psycopg.adapters.register_dumper(_kind, _dumper_for(_kind))
