"""Making the sample world through the public API, as its people would; what is there already is left alone."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec

from outcry.demo import orders, stall
from outcry.demo.members import Member, Refused
from outcry.demo.stall import Draw
from outcry.demo.world import AuctionSale, Ended, Good, Live, Person, Scheduled, World

GOODS_AT_ONCE = 4
MORE_AT_ONCE = 1  # the second round of pictures should not be felt
PEOPLE_AT_ONCE = 4
DEALS_AT_ONCE = 4
STAFF_ROLE = "admin"


class SeedReport(msgspec.Struct):
    """What was made now, how much was there already, and what went wrong (one line each; the rest went on)."""

    people: int = 0
    listings: int = 0
    pictures: int = 0
    auctions: int = 0
    orders: int = 0
    found: int = 0
    seconds: float = 0.0
    faults: list[str] = []


async def seed_world(
    client: httpx.AsyncClient,
    world: World,
    *,
    draw: Draw | None = None,
    on_good: Callable[[Good], None] | None = None,
) -> SeedReport:
    """Make everybody and everything of `world` at the API that `client` (with its base URL) speaks to.

    Idempotent: a person who can log in and a listing its seller already has are kept, and what an interrupted run
    left unfinished is finished. Goods appear in the world's order with one picture each (`on_good` is told); their
    other pictures follow. A refusal or fault of one good is noted in the report and does not stop the others.
    Pictures are drawn in processes of their own unless `draw` is given.
    """
    started = time.perf_counter()
    async with AsyncExitStack() as stack:
        if draw is None:
            draw = stall.drawing_in(stack.enter_context(stall.drawing_pool()))
        seeding = _Seeding(client, world, draw, on_good)
        await seeding.run()
    seeding.report.seconds = round(time.perf_counter() - started, 1)
    return seeding.report


class _Seeding:
    def __init__(
        self, client: httpx.AsyncClient, world: World, draw: Draw, on_good: Callable[[Good], None] | None
    ) -> None:
        self.report = SeedReport()
        self._client = client
        self._world = world
        self._draw = draw
        self._on_good = on_good
        self._members = {person.key: Member(client, person) for person in world.people}
        self._listings: dict[tuple[str, str], dict[str, Any]] = {}
        self._auctioned: dict[str, dict[str, Any]] = {}
        self._others: asyncio.Task[None] | None = None
        self._covers: dict[str, asyncio.Task[bytes]] = {}
        # Titles of the goods whose past was acted out in this run: their bells ring soon.
        self._staged: set[str] = set()

    async def run(self) -> None:
        # The drawing processes start up, and draw what is shown first, while the sellers sign up.
        for good in self._world.goods[:GOODS_AT_ONCE]:
            self._covers[good.title] = asyncio.create_task(self._draw_cover(good))
        sellers = {good.seller for good in self._world.goods}
        first = [person for person in self._world.people if person.key in sellers]
        others = [person for person in self._world.people if person.key not in sellers]
        await _side_by_side([self._join(person) for person in first], PEOPLE_AT_ONCE)
        await asyncio.gather(*(self._take_stock(self._members[key]) for key in sorted(sellers)))
        self._others = asyncio.create_task(_side_by_side([self._join(person) for person in others], PEOPLE_AT_ONCE))
        goods = self._world.goods
        try:
            await _side_by_side([self._noting(good, self._put_up(good)) for good in goods], GOODS_AT_ONCE)
            await self._others
            await asyncio.gather(
                self._make_orders(),
                _side_by_side([self._noting(good, self._more_pictures(good)) for good in goods], MORE_AT_ONCE),
            )
        finally:
            for task in (self._others, *self._covers.values()):
                task.cancel()

    async def _draw_cover(self, good: Good) -> bytes:
        return await self._draw(good.subject, good.seed, 0)

    async def _join(self, person: Person) -> None:
        member = self._members[person.key]
        made = await member.sign_in(may_be_new=True)
        self.report.people += made
        if person.role == "staff":
            try:
                await member.call("POST", "/v1/dev/role", {"user_id": member.user_id, "role": STAFF_ROLE})
            except Refused as refused:
                self.report.faults.append(f"{person.email}: no staff role ({refused})")

    async def _take_stock(self, member: Member) -> None:
        """What this seller already has."""
        for listing in await stall.every_item(member, "/v1/listings", seller=member.user_id):
            self._listings[member.person.key, listing["title"]] = listing
        for auction in await stall.every_item(member, "/v1/auctions", seller=member.user_id):
            self._auctioned.setdefault(auction["listing_id"], auction)

    async def _noting(self, good: Good, work: Any) -> None:
        try:
            await work
        except (Refused, httpx.HTTPError, KeyError, TimeoutError) as fault:
            self.report.faults.append(f"{good.title}: {fault!r}")

    async def _put_up(self, good: Good) -> None:
        seller = self._members[good.seller]
        listing = self._listings.get((good.seller, good.title))
        if listing is None:
            # The picture first: it is what takes long, and a listing should never show without one.
            jpeg = await (self._covers.pop(good.title, None) or self._draw_cover(good))
            listing = await stall.create_listing(seller, self._world, good)
            self.report.listings += 1
            listing["media"] = [{"id": await stall.upload_picture(self._client, seller, jpeg)}]
            await stall.set_pictures(seller, listing["id"], [listing["media"][0]["id"]])
            self.report.pictures += 1
            self._listings[good.seller, good.title] = listing
        else:
            self.report.found += 1
            if not listing["media"]:
                made = await stall.add_pictures(self._client, seller, good, listing, [0], self._draw)
                self.report.pictures += made
        if listing["status"] == "draft":
            listing["status"] = (await stall.publish(seller, listing["id"]))["status"]
        if isinstance(good.sale, AuctionSale):
            await self._put_under_the_hammer(good, good.sale, seller, listing)
        if self._on_good is not None:
            self._on_good(good)

    async def _put_under_the_hammer(
        self, good: Good, sale: AuctionSale, seller: Member, listing: dict[str, Any]
    ) -> None:
        if isinstance(good.stage, Ended) and self._others is not None:
            await asyncio.shield(self._others)  # whoever bid on it must be there before its few seconds begin
        auction = self._auctioned.get(listing["id"])
        if auction is None and listing["status"] == "active":
            after_seconds = good.stage.after_seconds if isinstance(good.stage, Scheduled) else None
            auction = await stall.create_auction(seller, listing["id"], sale, after_seconds=after_seconds)
            self.report.auctions += 1
        waits = auction is not None and auction["status"] == "scheduled" and auction["starts_at"] is None
        if auction is None or not waits or not isinstance(good.stage, (Live, Ended)):
            return
        await stall.go_live(seller, auction["id"])
        if isinstance(good.stage, Ended) and good.stage.bids:
            self._staged.add(good.title)
            for who, amount in good.stage.bids:
                await self._members[who].call(
                    "POST", f"/v1/auctions/{auction['id']}/bids", {"amount": amount}, key=stall.fresh_key("bid")
                )

    async def _make_orders(self) -> None:
        """Side by side; the bell of what was won is waited for here."""
        goods = {good.title: good for good in self._world.goods}
        deals = [deal for deal in orders.DEALS if deal.good in goods and (not deal.won or deal.good in self._staged)]
        await _side_by_side(
            [self._noting(goods[deal.good], self._make_order(deal, goods[deal.good])) for deal in deals], DEALS_AT_ONCE
        )

    async def _make_order(self, deal: orders.Deal, good: Good) -> None:
        listing = self._listings.get((good.seller, good.title))
        if listing is not None:
            dealer = orders.Dealer(self._client, listing, self._members[good.seller])
            made = await dealer.make(self._members[deal.buyer], deal)
            self.report.orders += made

    async def _more_pictures(self, good: Good) -> None:
        listing = self._listings.get((good.seller, good.title))
        if listing is None or listing["status"] not in ("active", "pending_review", "draft", "sold"):
            return
        have = len(listing["media"])
        if have < good.views:
            seller = self._members[good.seller]
            wanted = range(have, good.views)
            made = await stall.add_pictures(self._client, seller, good, listing, wanted, self._draw)
            self.report.pictures += made


async def _side_by_side(work: list[Any], at_once: int) -> None:
    """Run coroutines in order, at most `at_once` together; the first failure stops the rest."""
    gate = asyncio.Semaphore(at_once)

    async def one(coroutine: Any) -> None:
        async with gate:
            await coroutine

    await asyncio.gather(*(one(coroutine) for coroutine in work))
