"""A listing's life and what may change when (SPEC CAT-1). Pure."""

from enum import StrEnum


class ListingStatus(StrEnum):
    """Where a listing is in its life."""

    DRAFT = "draft"
    PENDING_REVIEW = "pending_review"
    ACTIVE = "active"
    SOLD = "sold"
    REMOVED = "removed"
    REJECTED = "rejected"
    ARCHIVED = "archived"


_S = ListingStatus
TRANSITIONS: dict[ListingStatus, frozenset[ListingStatus]] = {
    _S.DRAFT: frozenset({_S.PENDING_REVIEW, _S.REMOVED}),
    _S.PENDING_REVIEW: frozenset({_S.ACTIVE, _S.REJECTED, _S.REMOVED}),
    _S.ACTIVE: frozenset({_S.SOLD, _S.REMOVED, _S.ARCHIVED}),
    _S.REJECTED: frozenset({_S.PENDING_REVIEW, _S.REMOVED}),
    _S.ARCHIVED: frozenset({_S.PENDING_REVIEW, _S.REMOVED}),
    _S.SOLD: frozenset({_S.ACTIVE}),
    _S.REMOVED: frozenset(),
}

# What a bidder relied on does not change under a running auction.
FROZEN_WHILE_LIVE = frozenset(
    {"title", "description", "category", "condition", "sale_type", "currency", "attributes", "fulfilment"}
)


def may_become(before: ListingStatus, after: ListingStatus) -> bool:
    """Whether a listing may go from `before` to `after`."""
    return after in TRANSITIONS[before]
