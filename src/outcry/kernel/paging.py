"""Keyset pages (SPEC API-3): `?limit=` and an opaque `?cursor=`; never an offset."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from outcry.kernel.errors import InvalidInput

DEFAULT_PAGE_ITEMS = 20
MAX_PAGE_ITEMS = 100
_MAX_CURSOR_CHARACTERS = 512

T = TypeVar("T")
R = TypeVar("R")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None


def encode_cursor(*keys: Any) -> str:
    """An opaque cursor holding the sort keys of the last row shown."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, types: type[tuple[Any, ...]] | Any) -> Any | None:
    """The keys in `cursor`, checked against `types` (a tuple type). Raises InvalidInput on any other text."""
    if cursor is None:
        return None
    if len(cursor) > _MAX_CURSOR_CHARACTERS:
        raise InvalidInput(("cursor", "is not one this service gave"))
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=types, strict=False)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidInput(("cursor", "is not one this service gave")) from None


def page_of(rows: Sequence[R], limit: int, item: Callable[[R], T], keys: Callable[[R], tuple[Any, ...]]) -> Page[T]:
    """A page from `limit + 1` fetched rows: the extra row only tells that there is more."""
    shown = rows[:limit]
    more = len(rows) > limit
    return Page([item(row) for row in shown], encode_cursor(*keys(shown[-1])) if more else None)
