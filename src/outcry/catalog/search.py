"""Finding listings (SPEC CAT-4): full text with prefixes, filters, sorts, keyset pages; plain PostgreSQL only."""

import math
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from outcry.catalog.listings import Listings
from outcry.catalog.schemas import ListingView
from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.paging import Page, decode_cursor, encode_cursor

MAX_WORDS = 10
MAX_ATTRIBUTE_FILTERS = 10
MAX_RADIUS_KM = 20_000.0
_KM_PER_DEGREE = 111.32
_ATTRIBUTE = re.compile(r"^attr\.([a-z0-9_]{1,40})$")


class Wanted(msgspec.Struct, frozen=True):
    """What is searched for; prices in minor units, `near` as lat,lng,km."""

    q: str | None
    category: str | None
    condition: str | None
    sale_type: str | None
    price_min: int | None
    price_max: int | None
    near: str | None
    seller: UUID | None
    sort: str | None
    limit: int
    cursor: str | None
    attributes: Mapping[str, str]


_DISTANCE = """
(2 * 6371 * asin(sqrt(power(sin(radians(l.latitude - :lat) / 2), 2)
    + cos(radians(:lat)) * cos(radians(l.latitude)) * power(sin(radians(l.longitude - :lng) / 2), 2))))
"""
_PUBLISHED = "coalesce((extract(epoch FROM l.published_at) * 1000000)::bigint, 0)"
# The key of each sort and whether it falls; pages continue after (key, id).
_SORTS: dict[str, tuple[str, bool]] = {
    "newest": (_PUBLISHED, True),
    "price": ("coalesce(l.price, 9000000000000000)", False),
    "price_desc": ("coalesce(l.price, 0)", True),
    "relevance": ("(ts_rank(l.search, to_tsquery('simple', :words)) * 1000000)::bigint", True),
    "distance": (f"({_DISTANCE} * 1000)::bigint", False),
}


def attribute_filters(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The `attr.NAME` parameters of a request. Raises InvalidInput beyond MAX_ATTRIBUTE_FILTERS."""
    found: dict[str, str] = {}
    for name, value in parameters.items():
        if name.startswith("attr."):
            match = _ATTRIBUTE.match(name)
            if match is None or not isinstance(value, str):
                raise InvalidInput((name, "is not the name of an attribute given once"))
            found[match[1]] = value
    if len(found) > MAX_ATTRIBUTE_FILTERS:
        raise InvalidInput(("attr", f"at most {MAX_ATTRIBUTE_FILTERS} attributes can be filtered by"))
    return found


async def search(tx: Transaction, listings: Listings, viewer: Principal | None, wanted: Wanted) -> Page[ListingView]:
    """A keyset page that neither skips nor repeats. Raises InvalidInput."""
    conditions, parameters = _conditions(wanted, viewer)
    sort = wanted.sort or ("relevance" if parameters.get("words") else "newest")
    if sort == "relevance" and not parameters.get("words"):
        raise InvalidInput(("sort", "relevance needs q"))
    if sort == "distance" and "lat" not in parameters:
        raise InvalidInput(("sort", "distance needs near"))
    key, falling = _SORTS[sort]
    after = decode_cursor(wanted.cursor, tuple[str, int, UUID])
    if after is not None:
        if after[0] != sort:
            raise InvalidInput(("cursor", "belongs to a list of another sort"))
        conditions.append(f"({key}, l.id) {'<' if falling else '>'} (:after_key, :after_id)")
        parameters.update(after_key=after[1], after_id=after[2])
    direction = "DESC" if falling else "ASC"
    rows = await tx.all(
        f"SELECT l.*, {key} AS sort_key FROM listings l WHERE {' AND '.join(conditions)}"
        f" ORDER BY {key} {direction}, l.id {direction} LIMIT :limit",
        {**parameters, "limit": wanted.limit + 1},
    )
    shown = rows[: wanted.limit]
    views = await listings.views_of(tx, shown, viewer)
    more = len(rows) > wanted.limit
    return Page(views, encode_cursor(sort, shown[-1].sort_key, shown[-1].id) if more else None)


def _conditions(wanted: Wanted, viewer: Principal | None) -> tuple[list[str], dict[str, Any]]:
    own = viewer is not None and wanted.seller == viewer.user_id
    conditions = ["l.status <> 'removed'" if own else "l.status = 'active'"]
    parameters: dict[str, Any] = {}
    for name, column in (("condition", "condition"), ("sale_type", "sale_type"), ("seller", "seller_id")):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(f"l.{column} = :{name}")
            parameters[name] = value
    if wanted.category is not None:
        conditions.append(
            "l.category IN (WITH RECURSIVE below AS (SELECT slug FROM categories WHERE slug = :category"
            " UNION ALL SELECT c.slug FROM categories c JOIN below b ON c.parent = b.slug) SELECT slug FROM below)"
        )
        parameters["category"] = wanted.category
    for name, comparison in (("price_min", ">="), ("price_max", "<=")):
        if getattr(wanted, name) is not None:
            conditions.append(f"l.price {comparison} :{name}")
            parameters[name] = getattr(wanted, name)
    words = _words(wanted.q)
    if wanted.q is not None and words is None:
        conditions.append("false")
    elif words is not None:
        conditions.append("(l.search @@ to_tsquery('simple', :words) OR l.search @@ plainto_tsquery('english', :q))")
        parameters.update(words=words, q=wanted.q)
    if wanted.near is not None:
        _near(wanted.near, conditions, parameters)
    for position, (name, value) in enumerate(wanted.attributes.items()):
        _attribute(position, name, value, conditions, parameters)
    return conditions, parameters


def _words(q: str | None) -> str | None:
    """Every word must be there; the last may be only begun."""
    found = re.findall(r"\w+", q.lower())[:MAX_WORDS] if q else []
    return " & ".join([*found[:-1], f"{found[-1]}:*"]) if found else None


def _near(near: str, conditions: list[str], parameters: dict[str, Any]) -> None:
    parts = near.split(",")
    try:
        lat, lng, km = (float(part) for part in parts)
    except ValueError:
        raise InvalidInput(("near", "must be lat,lng,km")) from None
    if not (abs(lat) <= 90 and abs(lng) <= 180 and 0 < km <= MAX_RADIUS_KM):
        raise InvalidInput(("near", f"lat within 90, lng within 180, km above 0 and at most {MAX_RADIUS_KM:.0f}"))
    parameters.update(lat=lat, lng=lng, km=km)
    # A box first, which an index can answer; then the circle in it.
    conditions.append("l.latitude BETWEEN :south AND :north")
    parameters.update(south=lat - km / _KM_PER_DEGREE, north=lat + km / _KM_PER_DEGREE)
    narrowness = math.cos(math.radians(lat))
    reach = km / (_KM_PER_DEGREE * narrowness) if narrowness > 0.01 else 360.0
    if reach < 90 and abs(lng) + reach < 180:
        conditions.append("l.longitude BETWEEN :west AND :east")
        parameters.update(west=lng - reach, east=lng + reach)
    conditions.append(f"{_DISTANCE} <= :km")


def _attribute(position: int, name: str, value: str, conditions: list[str], parameters: dict[str, Any]) -> None:
    for suffix, comparison in (("_min", ">="), ("_max", "<=")):
        if name.endswith(suffix):
            try:
                bound = float(value)
            except ValueError:
                raise InvalidInput((f"attr.{name}", "must be a number")) from None
            if not math.isfinite(bound):
                raise InvalidInput((f"attr.{name}", "must be a number"))
            conditions.append(
                f"(jsonb_typeof(l.attributes -> :name{position}) = 'number'"
                f" AND CAST(l.attributes ->> :name{position} AS numeric) {comparison} :value{position})"
            )
            parameters[f"name{position}"] = name.removesuffix(suffix)
            parameters[f"value{position}"] = bound
            return
    # The value may have been stored as text, number or boolean; containment uses the index for each.
    readings: list[Any] = [value]
    try:
        number = msgspec.json.decode(value)
        if isinstance(number, int | float | bool):
            readings.append(number)
    except msgspec.DecodeError:
        pass
    tests: list[str] = []
    for at, reading in enumerate(readings):
        tests.append(f"l.attributes @> CAST(:attr{position}_{at} AS jsonb)")
        parameters[f"attr{position}_{at}"] = msgspec.json.encode({name: reading}).decode()
    conditions.append(f"({' OR '.join(tests)})")
