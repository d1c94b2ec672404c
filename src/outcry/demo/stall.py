"""Putting a good up for sale through the public API: listing, pictures, publication, auction."""

import asyncio
import multiprocessing
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from outcry.demo import pictures
from outcry.demo.members import Member, problem_of
from outcry.demo.world import AuctionSale, FixedSale, Good, World

DRAWING_PROCESSES = 2
DRAWING_NICENESS = 10
MAX_PICTURES = 12
COVER_PIXELS = (1600, 1200)
MORE_PIXELS = (1280, 960)
PAGE_ITEMS = 100

Draw = Callable[[str, int, int], Awaitable[bytes]]
"""(subject, seed, view) -> JPEG."""


def _yield_to_the_server() -> None:
    if hasattr(os, "nice"):
        os.nice(DRAWING_NICENESS)


def drawing_pool() -> Executor:
    """Processes that draw, at low priority: the server beside them stays quick."""
    count = max(1, min(DRAWING_PROCESSES, os.cpu_count() or 1))
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=_yield_to_the_server)


def drawing_in(pool: Executor) -> Draw:
    """A `Draw` that works in `pool`."""

    async def draw(subject: str, seed: int, view: int) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(pool, _draw, subject, seed, view)

    return draw


def _draw(subject: str, seed: int, view: int) -> bytes:
    return pictures.draw(subject, seed=seed, view=view, size=COVER_PIXELS if view == 0 else MORE_PIXELS)


def fresh_key(purpose: str) -> str:
    """An Idempotency-Key for one intention; a retry of the call carries the same."""
    return f"demo-{purpose}-{uuid4()}"


async def every_item(member: Member, path: str, **query: str) -> list[dict[str, Any]]:
    """All pages of a list. Raises Refused."""
    items: list[dict[str, Any]] = []
    page_query: dict[str, str | int] = {**query, "limit": PAGE_ITEMS}
    while True:
        page = await member.call("GET", path, query=page_query)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        page_query["cursor"] = page["next_cursor"]


async def create_listing(member: Member, world: World, good: Good) -> dict[str, Any]:
    """A draft of the good. Raises Refused."""
    place = world.person(good.seller).place
    body: dict[str, Any] = {
        "title": good.title,
        "description": good.description,
        "category": good.category,
        "condition": good.condition,
        "sale_type": "fixed" if isinstance(good.sale, FixedSale) else "auction",
        "attributes": good.attributes,
        "location": {"lat": place.lat, "lng": place.lng, "name": place.name},
        "fulfilment": list(good.fulfilment),
    }
    if world.currency is not None:
        body["currency"] = world.currency
    if isinstance(good.sale, FixedSale):
        body |= {"price": good.sale.price, "stock": good.sale.stock}
    return await member.call("POST", "/v1/listings", body, key=fresh_key("listing"))


async def upload_picture(client: httpx.AsyncClient, member: Member, jpeg: bytes) -> str:
    """The id of the uploaded and completed medium. Raises Refused."""
    ticket = await member.call("POST", "/v1/media/uploads", {"content_type": "image/jpeg"}, key=fresh_key("upload"))
    upload = ticket["upload"]
    # The signed address is the right to upload: it may lie with another host, which must not see our token.
    response = await client.request(upload["method"], upload["url"], content=jpeg, headers=upload["headers"])
    if not response.is_success:
        raise problem_of(response)
    await member.call("POST", f"/v1/media/{ticket['media_id']}/complete", key=fresh_key("complete"))
    return ticket["media_id"]


async def add_pictures(
    client: httpx.AsyncClient, member: Member, good: Good, listing: dict[str, Any], views: Sequence[int], draw: Draw
) -> int:
    """Draw, upload and append these views to the listing. Returns how many. Raises Refused."""
    ids = [medium["id"] for medium in listing["media"]]
    jpegs = await asyncio.gather(*(draw(good.subject, good.seed, view) for view in views))
    for jpeg in jpegs:
        ids.append(await upload_picture(client, member, jpeg))
    await set_pictures(member, listing["id"], ids)
    return len(jpegs)


async def set_pictures(member: Member, listing_id: str, media_ids: list[str]) -> None:
    """The listing's pictures, in order. Raises Refused."""
    await member.call("PUT", f"/v1/listings/{listing_id}/media", {"media_ids": media_ids[:MAX_PICTURES]})


async def publish(member: Member, listing_id: str) -> dict[str, Any]:
    """The published listing. Raises Refused."""
    return await member.call("POST", f"/v1/listings/{listing_id}/publish", key=fresh_key("publish"))


async def create_auction(
    member: Member, listing_id: str, sale: AuctionSale, *, after_seconds: int | None = None
) -> dict[str, Any]:
    """An auction that waits for go-live, or starts by itself in `after_seconds`. Raises Refused."""
    body: dict[str, Any] = {
        "listing_id": listing_id,
        "starting_price": sale.starting_price,
        "duration_seconds": sale.duration_seconds,
        "award": sale.award,
        "anti_snipe": {
            "window_seconds": min(sale.snipe_seconds, sale.duration_seconds // 4),
            "extension_seconds": min(sale.snipe_seconds, sale.duration_seconds // 4),
            "max_extension_seconds": sale.snipe_limit_seconds,
        },
    }
    for name in ("bid_increment", "reserve_price", "buy_now_price"):
        if getattr(sale, name) is not None:
            body[name] = getattr(sale, name)
    if after_seconds is not None:
        starts_at = datetime.now(UTC) + timedelta(seconds=after_seconds)
        body["starts_at"] = starts_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return await member.call("POST", "/v1/auctions", body, key=fresh_key("auction"))


async def go_live(member: Member, auction_id: str) -> dict[str, Any]:
    """The auction, live. Raises Refused."""
    answer = await member.call("POST", f"/v1/auctions/{auction_id}/go-live", key=fresh_key("go-live"))
    return answer["auction"]
