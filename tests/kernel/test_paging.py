"""Keyset pages: every row once, and a cursor that is not ours is refused (SPEC API-3)."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcry.kernel.errors import InvalidInput
from outcry.kernel.ids import new_id
from outcry.kernel.paging import decode_cursor, encode_cursor, page_of


@given(st.lists(st.integers(0, 50), unique=True, max_size=40), st.integers(1, 10))
def test_following_the_cursors_gives_every_row_once_in_order(numbers: list[int], limit: int) -> None:
    rows = sorted(numbers)
    seen: list[int] = []
    cursor: str | None = None
    while True:
        after = decode_cursor(cursor, tuple[int])
        left = [row for row in rows if after is None or row > after[0]]
        page = page_of(left[: limit + 1], limit, lambda row: row, lambda row: (row,))
        assert len(page.items) <= limit
        seen += page.items
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert seen == rows


def test_a_cursor_keeps_its_keys() -> None:
    identity = new_id()
    assert decode_cursor(encode_cursor("2026-01-31T12:00:00.000Z", identity), tuple[str, UUID]) == (
        "2026-01-31T12:00:00.000Z",
        identity,
    )
    assert decode_cursor(None, tuple[UUID]) is None


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "",
        "%%%",
        "é",
        base64.urlsafe_b64encode(b'["a"]').decode(),
        base64.urlsafe_b64encode(b"{}").decode(),
        "A" * 600,
    ],
)
def test_a_cursor_that_is_not_ours_is_refused_by_name(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(cursor, tuple[int])
    assert refused.value.members["errors"][0]["field"] == "cursor"
