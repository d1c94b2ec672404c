"""What identity shows of domains above it: orders may import identity, never the reverse."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import msgspec

from outcry.kernel.database import Transaction


class RatingSummary(msgspec.Struct, frozen=True):
    """What others gave a person, of 1 to 5 stars; `average` is null when there is none yet.

    `by_stars` says how many gave one star, two, and so on to five.
    """

    average: float | None
    count: int
    by_stars: tuple[int, ...]


UNRATED = RatingSummary(None, 0, (0, 0, 0, 0, 0))


class RatingBoard(Protocol):
    """Knows how people were rated."""

    async def summaries(self, tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, RatingSummary]:
        """By person; who has none is not in it."""
        ...


class NoRatings:
    """A board where there are no orders."""

    async def summaries(self, tx: Transaction, person_ids: Sequence[UUID]) -> dict[UUID, RatingSummary]:
        """Nobody has been rated."""
        return {}
