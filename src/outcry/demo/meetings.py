"""Two people of the sample world agree where and when to meet: at the partner place nearest to the buyer."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from outcry.demo.members import Member

DAYS_LOOKED = 14
AFTER_OPENING = timedelta(hours=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def agree(buyer: Member, seller: Member, order_path: str) -> None:
    """The seller proposes, the buyer agrees; nothing where the market has no places. Raises Refused."""
    place = buyer.person.place
    found = await buyer.call("GET", "/v1/safe-zones", query={"near": f"{place.lat},{place.lng}", "limit": 1})
    if not found["items"]:
        return
    (zone,) = found["items"]
    proposal = {"safe_zone_id": zone["id"], "at": _next_time(zone).isoformat()}
    for member in (seller, buyer):
        await member.call("PUT", f"{order_path}/meeting", proposal)


def _next_time(zone: dict[str, Any]) -> datetime:
    """An hour after the place opens next, from tomorrow on."""
    today = datetime.now(ZoneInfo(zone["time_zone"]))
    hours = {part["day"]: part["opens"] for part in reversed(zone["hours"])}
    for days in range(1, DAYS_LOOKED):
        day = today + timedelta(days=days)
        opens = hours.get(_DAYS[day.weekday()])
        if opens is not None:
            return datetime.combine(day.date(), time.fromisoformat(opens), day.tzinfo) + AFTER_OPENING
    raise ValueError(f"{zone['name']} is never open")
