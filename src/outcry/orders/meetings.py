"""Where and when a buyer and a seller meet (SPEC ORD-3): either proposes, the same words by the other agree."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.http import RequestStruct
from outcry.kernel.market import Market
from outcry.kernel.paging import Page, decode_cursor, encode_cursor
from outcry.kernel.times import rfc3339
from outcry.orders.errors import OrderNotFound, WrongOrderStatus
from outcry.orders.letters import Letters
from outcry.orders.moves import OrderMoves
from outcry.orders.rules import MEETUP, Party, Status
from outcry.orders.safe_zones import SafeZone, hours_in_words, is_open, nearest, parse_near
from outcry.orders.schemas import MeetingPlace, OrderView, SafeZoneView, ZoneHours
from outcry.orders.service import OrderService

_SAVE = """
INSERT INTO order_meetings (order_id, buyer_id, seller_id, safe_zone_id, place, at, proposed_by, proposed_at)
VALUES (:order, :buyer, :seller, :zone, CAST(:place AS json), :at, :by, :now)
ON CONFLICT (order_id) DO UPDATE SET safe_zone_id = excluded.safe_zone_id, place = excluded.place, at = excluded.at,
    proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at, agreed_at = NULL
"""
_AGREE = """
UPDATE order_meetings SET agreed_at = :now
WHERE order_id = :order AND safe_zone_id = :zone AND at = :at AND proposed_by <> :by AND agreed_at IS NULL
"""
_SAME = "SELECT FROM order_meetings WHERE order_id = :order AND safe_zone_id = :zone AND at = :at"


class NoMeeting(WrongOrderStatus):
    """It is not paid, is on its way already, or is over."""

    code = "no_meeting_now"
    title = "No meeting can be arranged for this order now"


class ProposeMeeting(RequestStruct):
    """Where and when; `at` is RFC 3339 with its offset from UTC."""

    safe_zone_id: Annotated[str, Meta(min_length=1, max_length=60)]
    at: datetime


class Meetings:
    """The market's safe zones, and meetings in them."""

    def __init__(
        self, market: Market, zones: Mapping[str, SafeZone], moves: OrderMoves, orders: OrderService, letters: Letters
    ) -> None:
        self._market = market
        self._zones = zones
        self._moves = moves
        self._orders = orders
        self._letters = letters

    async def places(self, tx: Transaction, near: str | None, limit: int, cursor: str | None) -> Page[SafeZoneView]:
        """The market's places, nearest first, or by name; whether they are open is by PostgreSQL's clock.

        Raises InvalidInput naming `near` or `cursor`.
        """
        point = parse_near(near) if near is not None else None
        if near is not None and point is None:
            raise InvalidInput(("near", "must be lat,lng: within 90 and within 180"))
        skipped = decode_cursor(cursor, tuple[Annotated[int, Meta(ge=0)]])
        start = skipped[0] if skipped else 0
        now: datetime = await tx.scalar("SELECT clock_timestamp()")
        zones = list(self._zones.values())
        ordered: Sequence[tuple[int | None, SafeZone]] = (
            nearest(zones, *point) if point else [(None, zone) for zone in sorted(zones, key=lambda one: one.name)]
        )
        # The list is small and the same until the server starts again, so a position is as good as a key.
        shown = ordered[start : start + limit]
        more = len(ordered) > start + limit
        return Page(
            [zone_view(zone, now, distance) for distance, zone in shown], encode_cursor(start + limit) if more else None
        )

    async def propose(self, tx: Transaction, person: Principal, order_id: UUID, body: ProposeMeeting) -> OrderView:
        """Propose a place and a time, or agree to what the other has proposed; run as the system.

        Raises OrderNotFound, NoMeeting, InvalidInput naming `/safe_zone_id` or `/at`.
        """
        order = await self._moves.locked(tx, order_id)
        party = order.party_of(person.user_id)
        if party is Party.NOBODY:
            raise OrderNotFound()
        if order.status is not Status.IN_ESCROW or MEETUP not in order.ways:
            raise NoMeeting(order.status)
        zone = self._zones.get(body.safe_zone_id)
        if zone is None:
            raise InvalidInput(("/safe_zone_id", "is not a safe zone of this market"))
        at = _checked_time(body.at, order.now, zone, self._market.meeting_days)
        place = MeetingPlace(zone.id, zone.name, zone.address, zone.lat, zone.lng, zone.time_zone)
        names = {
            "order": order.id, "buyer": order.buyer_id, "seller": order.seller_id, "zone": zone.id, "at": at,
            "by": person.user_id, "now": order.now, "place": msgspec.json.encode(place).decode(),
        }  # fmt: skip
        other = Party.SELLER if party is Party.BUYER else Party.BUYER
        if await tx.run(_AGREE, names):
            await self._moves.note(tx, order, "meeting_agreed", party, by_id=person.user_id, note=_words(zone, at))
            await self._letters.write(tx, order, other, "Your meeting is agreed", _invitation(zone, at))
        elif await tx.first(_SAME, names) is None:
            await tx.run(_SAVE, names)
            await self._moves.note(tx, order, "meeting_proposed", party, by_id=person.user_id, note=_words(zone, at))
            asked = f"{_invitation(zone, at)}\n\nAgree to it, or propose another place or time."
            await self._letters.write(tx, order, other, "A place and a time to meet", asked)
        return await self._orders.read(tx, order_id, person)


def _checked_time(at: datetime, now: datetime, zone: SafeZone, meeting_days: int) -> datetime:
    if at.tzinfo is None:
        raise InvalidInput(("/at", "must have its offset from UTC, such as Z"))
    # As PostgreSQL keeps it; and a year that no zone of time reaches is refused below as too far.
    at = at.astimezone(UTC) if 2000 < at.year < 9000 else datetime(9000, 1, 1, tzinfo=UTC)
    if at <= now:
        raise InvalidInput(("/at", "must be in the future"))
    if at > now + timedelta(days=meeting_days):
        raise InvalidInput(("/at", f"must be within {meeting_days} days"))
    if not is_open(zone, at):
        raise InvalidInput(("/at", f"the place is not open then: {hours_in_words(zone, at)}"))
    return at


def _words(zone: SafeZone, at: datetime) -> str:
    return f"{zone.name}, {rfc3339(at)}"


def _invitation(zone: SafeZone, at: datetime) -> str:
    """By the place's own clock, as its door says it."""
    there = at.astimezone(ZoneInfo(zone.time_zone))
    return f"{zone.name}\n{zone.address}\n{there:%Y-%m-%d %H:%M} ({zone.time_zone})"


def zone_view(zone: SafeZone, now: datetime, distance_meters: int | None = None) -> SafeZoneView:
    """A place as it is shown at `now`."""
    return SafeZoneView(
        zone.id,
        zone.name,
        zone.address,
        zone.lat,
        zone.lng,
        distance_meters,
        [ZoneHours(part.day, part.opens, part.closes) for part in zone.hours],
        zone.time_zone,
        is_open(zone, now),
    )
