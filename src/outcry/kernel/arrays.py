"""Array parameters for set-based SQL, dumped in PostgreSQL's binary format by bulk operations.

psycopg's own list dumper looks at every element; on the bid path, where one statement carries thousands of values,
that costs more than deciding the bids. Wrap a list (`BigInts([...])`) and pass it to `unnest(%s::bigint[])`.
"""

import struct
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = struct.Struct("!iiIii")
_EMPTY = struct.Struct("!iiI")
_NULL = b"\xff\xff\xff\xff"
_LENGTH_16 = b"\0\0\0\x10"
_length = struct.Struct("!i").pack
_int8 = struct.Struct("!iq").pack
_int4 = struct.Struct("!ii").pack

# PostgreSQL counts from 2000-01-01, in microseconds.
_POSTGRES_EPOCH_US = 946_684_800_000_000


class Uuids(list[UUID | None]):
    """uuid[]"""


class BigInts(list[int | None]):
    """bigint[]"""


class Ints(list[int | None]):
    """integer[]"""


class Instants(list[int | None]):
    """timestamptz[], given as microseconds since the Unix epoch"""


class Texts(list[str | None]):
    """text[]"""


class Byteas(list[bytes | None]):
    """bytea[]"""


class JsonTexts(list[bytes]):
    """json[], given as encoded JSON"""


class Booleans(list[bool]):
    """boolean[]"""


class _ArrayDumper(Dumper):
    format = Format.BINARY
    element_oid: ClassVar[int]

    def dump(self, obj: Any) -> Buffer:
        if not obj:
            return _EMPTY.pack(0, 0, self.element_oid)
        return _HEADER.pack(1, 1 if None in obj else 0, self.element_oid, len(obj), 1) + self.body(obj)

    def body(self, values: Sequence[Any]) -> bytes:
        raise NotImplementedError


class _UuidsDumper(_ArrayDumper):
    oid = 2951
    element_oid = 2950

    def body(self, values: Sequence[UUID | None]) -> bytes:
        return b"".join([_NULL if value is None else _LENGTH_16 + value.bytes for value in values])


class _BigIntsDumper(_ArrayDumper):
    oid = 1016
    element_oid = 20

    def body(self, values: Sequence[int | None]) -> bytes:
        return b"".join([_NULL if value is None else _int8(8, value) for value in values])


class _IntsDumper(_ArrayDumper):
    oid = 1007
    element_oid = 23

    def body(self, values: Sequence[int | None]) -> bytes:
        return b"".join([_NULL if value is None else _int4(4, value) for value in values])


class _InstantsDumper(_ArrayDumper):
    oid = 1185
    element_oid = 1184

    def body(self, values: Sequence[int | None]) -> bytes:
        return b"".join([_NULL if value is None else _int8(8, value - _POSTGRES_EPOCH_US) for value in values])


class _TextsDumper(_ArrayDumper):
    oid = 1009
    element_oid = 25

    def body(self, values: Sequence[str | None]) -> bytes:
        parts: list[bytes] = []
        for value in values:
            if value is None:
                parts.append(_NULL)
            else:
                encoded = value.encode()
                parts.append(_length(len(encoded)))
                parts.append(encoded)
        return b"".join(parts)


class _ByteasDumper(_ArrayDumper):
    oid = 1001
    element_oid = 17

    def body(self, values: Sequence[bytes | None]) -> bytes:
        return b"".join([_NULL if value is None else _length(len(value)) + value for value in values])


class _JsonTextsDumper(_ByteasDumper):
    oid = 199
    element_oid = 114


class _BooleansDumper(_ArrayDumper):
    oid = 1000
    element_oid = 16

    def body(self, values: Sequence[bool]) -> bytes:
        return b"".join([b"\0\0\0\x01\x01" if value else b"\0\0\0\x01\x00" for value in values])


for _kind, _dumper in (
    (Uuids, _UuidsDumper),
    (BigInts, _BigIntsDumper),
    (Ints, _IntsDumper),
    (Instants, _InstantsDumper),
    (Texts, _TextsDumper),
    (Byteas, _ByteasDumper),
    (JsonTexts, _JsonTextsDumper),
    (Booleans, _BooleansDumper),
):
    psycopg.adapters.register_dumper(_kind, _dumper)
