"""Safe zones (SPEC ORD-3): partner places of a market where a buyer and a seller meet. Data and pure rules.

Built-in markets bring theirs; beside a market's own file `NAME.toml` stands `NAME.safe-zones.toml`.
"""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from outcry.kernel.market import BUILT_IN, Market

EARTH_RADIUS_METERS = 6_371_008.8
MAX_ZONES = 5_000
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]


class Hours(msgspec.Struct, frozen=True):
    """Open on `day` from `opens` until `closes`, as `HH:MM` of the place; `closes` may be 24:00."""

    day: Day
    opens: str
    closes: str


class SafeZone(msgspec.Struct, frozen=True):
    """A place. `time_zone` is an IANA name, `hours` stand in the order of the week."""

    id: str
    name: str
    address: str
    lat: float
    lng: float
    time_zone: str
    hours: tuple[Hours, ...]


class _FileHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    days: list[Day]
    opens: _Clock
    closes: _Clock


class _FileZone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[str, Meta(pattern="^[a-z0-9-]{1,60}$")]
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    address: Annotated[str, Meta(min_length=1, max_length=200)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: Annotated[float, Meta(ge=-180, le=180)]
    hours: list[_FileHours]
    time_zone: str | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zone: list[_FileZone] = []


def load_safe_zones(market: Market, market_file: str) -> dict[str, SafeZone]:
    """The market's places by id; `market_file` is the setting that named the market.

    Raises ValueError with the file and the rule when a file is wrong; a market without one has no places.
    """
    if market_file in BUILT_IN:
        name = f"{market_file}.toml"
        text = resources.files("outcry.orders").joinpath("safe_zones", name).read_text("utf-8")
        return parse_safe_zones(text, market, name)
    path = Path(market_file).with_suffix(".safe-zones.toml")
    return parse_safe_zones(path.read_text("utf-8"), market, str(path)) if path.exists() else {}


def parse_safe_zones(text: str, market: Market, name: str) -> dict[str, SafeZone]:
    """Places from the text of a file. Raises ValueError naming file and rule."""
    try:
        listed = msgspec.convert(tomllib.loads(text), _File).zone
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as wrong:
        raise ValueError(f"safe zones {name}: {wrong}") from None
    zones: dict[str, SafeZone] = {}
    for one in listed[: MAX_ZONES + 1]:
        time_zone = one.time_zone or market.time_zone
        hours = [Hours(day, part.opens, part.closes) for part in one.hours for day in part.days]
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"safe zones {name}: {one.id}: {time_zone} is not a known IANA time zone") from None
        if any(part.opens >= part.closes for part in hours):
            raise ValueError(f"safe zones {name}: {one.id}: `closes` must be after `opens`")
        if one.id in zones:
            raise ValueError(f"safe zones {name}: {one.id} is there twice")
        hours.sort(key=lambda part: (DAYS.index(part.day), part.opens))
        zones[one.id] = SafeZone(one.id, one.name, one.address, one.lat, one.lng, time_zone, tuple(hours))
    if len(listed) > MAX_ZONES:
        raise ValueError(f"safe zones {name}: at most {MAX_ZONES} places")
    return zones


def distance_meters(lat: float, lng: float, zone: SafeZone) -> int:
    """Over the ground of a sphere (haversine)."""
    north, east = radians(zone.lat - lat), radians(zone.lng - lng)
    chord = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(zone.lat)) * sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_METERS * asin(min(1.0, sqrt(chord))))


def nearest(zones: Sequence[SafeZone], lat: float, lng: float) -> list[tuple[int, SafeZone]]:
    """Each with its distance in meters, the nearest first; equally far by id."""
    return sorted(((distance_meters(lat, lng, zone), zone) for zone in zones), key=lambda pair: (pair[0], pair[1].id))


def is_open(zone: SafeZone, at: datetime) -> bool:
    """Whether the place is open at the instant `at`, by its own clock on the wall."""
    local = at.astimezone(ZoneInfo(zone.time_zone))
    clock, day = f"{local:%H:%M}", DAYS[local.weekday()]
    return any(part.day == day and part.opens <= clock < part.closes for part in zone.hours)


def hours_in_words(zone: SafeZone, at: datetime) -> str:
    """`Monday 09:00-18:00`, or `closed on Sunday`: the hours of the day that `at` falls on there."""
    weekday = at.astimezone(ZoneInfo(zone.time_zone)).weekday()
    parts = [f"{part.opens}-{part.closes}" for part in zone.hours if part.day == DAYS[weekday]]
    return f"{_DAY_NAMES[weekday]} {', '.join(parts)}" if parts else f"closed on {_DAY_NAMES[weekday]}"


def parse_near(near: str) -> tuple[float, float] | None:
    """`lat,lng`, or None when it is something else."""
    parts = near.split(",")
    try:
        lat, lng = (float(part) for part in parts)
    except ValueError:
        return None
    return (lat, lng) if abs(lat) <= 90 and abs(lng) <= 180 else None
