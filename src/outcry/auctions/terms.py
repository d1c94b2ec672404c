"""Checking what a seller asks for (SPEC AUC-1, API.md "Bidding, exactly" first bullet). Pure."""

from datetime import datetime
from typing import Any

import msgspec

from outcry.auctions.schemas import AntiSnipe, CreateAuction
from outcry.kernel.errors import FieldError, InvalidInput
from outcry.kernel.market import Market
from outcry.kernel.money import MAX_AMOUNT_MINOR, basis_points_of
from outcry.kernel.times import MICROSECONDS_PER_SECOND, to_microseconds

_SECONDS_PER_DAY = 86_400


class Schedule(msgspec.Struct, frozen=True):
    """When an auction runs; instants in microseconds, None when it waits for go-live."""

    starts_at_us: int | None
    ends_at_us: int | None
    duration_seconds: int


def parse_instant(field: str, text: str | None) -> int | None:
    """RFC 3339 with an offset, as microseconds. Raises InvalidInput naming `field`."""
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput((field, "is not an RFC 3339 time")) from None
    if instant.tzinfo is None:
        raise InvalidInput((field, "needs an offset such as Z"))
    return to_microseconds(instant)


def check_prices(
    starting_price: int, reserve_price: int | None, buy_now_price: int | None, bid_increment: int | None
) -> None:
    """Raises InvalidInput with every price that breaks a rule."""
    wrong: list[FieldError] = []
    if starting_price <= 0:
        wrong.append(FieldError("/starting_price", "must be above 0"))
    if bid_increment is not None and bid_increment <= 0:
        wrong.append(FieldError("/bid_increment", "must be above 0"))
    if reserve_price is not None and reserve_price < starting_price:
        wrong.append(FieldError("/reserve_price", "must not be below starting_price"))
    if buy_now_price is not None and buy_now_price <= starting_price:
        wrong.append(FieldError("/buy_now_price", "must be above starting_price"))
    if buy_now_price is not None and reserve_price is not None and buy_now_price < reserve_price:
        wrong.append(FieldError("/buy_now_price", "must not be below reserve_price"))
    if wrong:
        raise InvalidInput(*wrong)


def check_schedule(
    starts_at: str | None,
    ends_at: str | None,
    duration_seconds: int | None,
    *,
    now_us: int,
    min_seconds: int,
    market: Market,
) -> Schedule:
    """When the auction will run. Raises InvalidInput naming the field and the rule."""
    starts_at_us = parse_instant("/starts_at", starts_at)
    ends_at_us = parse_instant("/ends_at", ends_at)
    if (ends_at_us is None) == (duration_seconds is None):
        raise InvalidInput(("/duration_seconds", "give either duration_seconds or ends_at"))
    if starts_at_us is not None and starts_at_us <= now_us:
        raise InvalidInput(("/starts_at", "must be in the future; leave it out to go live by hand"))
    begins_us = starts_at_us if starts_at_us is not None else now_us
    field = "/ends_at" if duration_seconds is None else "/duration_seconds"
    if duration_seconds is None:
        assert ends_at_us is not None
        duration_seconds = (ends_at_us - begins_us) // MICROSECONDS_PER_SECOND
    elif starts_at_us is not None:
        ends_at_us = starts_at_us + duration_seconds * MICROSECONDS_PER_SECOND
    if duration_seconds < min_seconds:
        raise InvalidInput((field, f"an auction lasts at least {min_seconds} seconds"))
    if duration_seconds > market.max_auction_days * _SECONDS_PER_DAY:
        raise InvalidInput((field, f"an auction lasts at most {market.max_auction_days} days"))
    return Schedule(starts_at_us, ends_at_us, duration_seconds)


def anti_snipe_columns(asked: AntiSnipe | None, market: Market) -> dict[str, Any]:
    """The anti-sniping columns: as asked, or the market's."""
    return {
        "snipe_window_seconds": asked.window_seconds if asked else market.snipe_window_seconds,
        "snipe_extension_seconds": asked.extension_seconds if asked else market.snipe_extension_seconds,
        "snipe_limit_seconds": asked.max_extension_seconds if asked else None,
    }


def check_deposit(body: CreateAuction, market: Market) -> int | None:
    """The deposit of an auction that asks for one: as asked, or the market's share. Raises InvalidInput."""
    asked = body.deposit_amount
    if body.bid_security != "deposit":
        if asked is not None:
            raise InvalidInput(("/deposit_amount", "goes with bid_security deposit only"))
        return None
    if asked is None:
        return max(1, basis_points_of(body.starting_price, market.deposit_basis_points))
    if not 0 < asked <= MAX_AMOUNT_MINOR:
        raise InvalidInput(("/deposit_amount", f"must be above 0 and at most {MAX_AMOUNT_MINOR}"))
    return asked


def check_terms(body: CreateAuction) -> None:
    """The prices of a new auction. Raises InvalidInput."""
    check_prices(body.starting_price, body.reserve_price, body.buy_now_price, body.bid_increment)
