"""The people of the sample world at work: bots that bid through the public API for as long as the demo runs,
and sellers who put things up again, so that there is always something live and something about to end."""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from outcry.demo import stall
from outcry.demo.bots import TEMPERAMENTS, Move, after_refusal, glance, limit_now, next_move, valuation_of
from outcry.demo.members import BUSY, Member, Refused
from outcry.demo.world import AuctionSale, Ended, FixedSale, Good, Person, World

STEP_SECONDS = 1.0
BIDS_A_SECOND = 4.0
MAX_WAITING_BIDS = 12
MAX_BIDS_A_STEP_AND_AUCTION = 2
MAX_AUCTIONS_SEEN = 100
RESTOCK_SECONDS = 8.0
LIVE_FLOOR = 16
NEXT_END_SECONDS = 100.0
RELIST_SECONDS = (95, 14 * 60)
DECIDE_AFTER_SECONDS = 300.0
FAULT_SECONDS = (1.0, 20.0)  # first and longest pause after a fault
UNKNOWN_WORTH_FACTOR = (1.7, 3.2)  # of the starting price, for what a newcomer lists
KEPT_BY = frozenset({"mira"})  # decides for herself: newcomers log in as her

log = logging.getLogger(__name__)


class Crowd:
    """Runs until cancelled. Survives refusals, network faults and restarts of the server.

    `client` carries the base URL; `on_bid` is told of each accepted bid (who, the API's answer). The same seed gives
    the same valuations; the moments are never the same.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        world: World,
        *,
        seed: int = 1,
        bids_a_second: float = BIDS_A_SECOND,
        on_bid: Callable[[Person, dict[str, Any]], None] | None = None,
    ) -> None:
        self._client = client
        self._world = world
        self._seed = seed
        self._rng = random.Random(seed)
        self._bidders = [Member(client, person) for person in world.bidders]
        sellers = sorted({good.seller for good in world.goods})
        self._sellers = {key: Member(client, world.person(key)) for key in sellers}
        self._goods = {good.title: good for good in world.goods}
        self._aliases: dict[tuple[str, str], str] = {}
        self._valuations: dict[tuple[str, str], int | None] = {}
        self._silent_until: dict[str, float] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._bid_gap_seconds = 1 / bids_a_second
        self._next_bid_at = 0.0
        self._on_bid = on_bid
        self.bids_accepted = 0
        self.bids_refused = 0

    async def run(self) -> None:
        """Bid and restock for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._for_ever(self._step, STEP_SECONDS))
            group.create_task(self._for_ever(self._restock, RESTOCK_SECONDS))

    async def _for_ever(self, work: Any, every_seconds: float) -> None:
        pause = FAULT_SECONDS[0]
        while True:
            try:
                await work()
                pause = FAULT_SECONDS[0]
                await asyncio.sleep(every_seconds * self._rng.uniform(0.8, 1.2))
            except (httpx.HTTPError, Refused, KeyError, ValueError) as fault:
                # The server restarts, or something is refused that should not be: either way, later is soon enough.
                log.info("the crowd waits %.0f s: %r", pause, fault)
                await asyncio.sleep(pause)
                pause = min(pause * 2, FAULT_SECONDS[1])

    # --- bidding -----------------------------------------------------------------------------------------------
    async def _step(self) -> None:
        auctions = await self._live()
        seen = {auction["id"] for auction in auctions}
        for known in [key for key in self._valuations if key[1] not in seen]:
            self._valuations.pop(known)
            self._aliases.pop(known, None)
        wishes: list[tuple[Member, dict[str, Any], Move, int]] = []
        for auction in auctions:
            if not self._is_staged(auction):
                wishes += self._wishes(auction)
        self._rng.shuffle(wishes)
        for member, auction, move, limit in wishes:
            if len(self._waiting) >= MAX_WAITING_BIDS:
                break
            task = asyncio.create_task(self._bid(member, auction["id"], move, limit))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def _live(self) -> list[dict[str, Any]]:
        response = await self._client.get(
            "/v1/auctions", params={"status": "live", "sort": "ending_soon", "limit": MAX_AUCTIONS_SEEN}
        )
        response.raise_for_status()
        return response.json()["items"]

    def _is_staged(self, auction: dict[str, Any]) -> bool:
        """A past that the seeding acts out in a few seconds: how it came out is written already."""
        good = self._goods.get((auction.get("listing") or {}).get("title", ""))
        if good is None or not isinstance(good.stage, Ended):
            return False
        length = datetime.fromisoformat(auction["ends_at"]) - datetime.fromisoformat(auction["starts_at"])
        return length.total_seconds() < RELIST_SECONDS[0]

    def _wishes(self, auction: dict[str, Any]) -> list[tuple[Member, dict[str, Any], Move, int]]:
        """Who would bid on this auction in this step, at most MAX_BIDS_A_STEP_AND_AUCTION."""
        found: list[tuple[Member, dict[str, Any], Move, int]] = []
        now = time.monotonic()
        leader = (auction.get("leader") or {}).get("alias")
        for member in self._bidders:
            temper = member.person.temper
            if temper is None or self._silent_until.get(member.person.key, 0) > now:
                continue
            valuation = self._valuation(member, auction)
            if valuation is None or auction["seller_id"] == member.user_id:
                continue
            alias = self._aliases.get((member.person.key, auction["id"]))
            view = glance(auction, leading=alias is not None and alias == leader, valuation=valuation)
            move = next_move(TEMPERAMENTS[temper], view, self._rng, step_seconds=STEP_SECONDS)
            if move is not None:
                found.append((member, auction, move, max(limit_now(TEMPERAMENTS[temper], view), move.max_amount or 0)))
        self._rng.shuffle(found)
        return found[:MAX_BIDS_A_STEP_AND_AUCTION]

    def _valuation(self, member: Member, auction: dict[str, Any]) -> int | None:
        key = (member.person.key, auction["id"])
        temper = member.person.temper
        if key not in self._valuations and temper is not None:
            rng = random.Random(f"{self._seed}/{key[0]}/{key[1]}")
            self._valuations[key] = valuation_of(TEMPERAMENTS[temper], self._worth(auction), rng)
        return self._valuations[key]

    def _worth(self, auction: dict[str, Any]) -> int:
        good = self._goods.get((auction.get("listing") or {}).get("title", ""))
        if good is not None and isinstance(good.sale, AuctionSale):
            return good.sale.worth
        rng = random.Random(f"{self._seed}/{auction['id']}")
        return round(auction["starting_price"] * rng.uniform(*UNKNOWN_WORTH_FACTOR))

    async def _bid(self, member: Member, auction_id: str, move: Move, limit: int) -> None:
        """Place one bid, and once more at the minimum a refusal names; anything else is let go."""
        try:
            await asyncio.sleep(move.hesitation_seconds + self._turn())
            if not member.user_id:
                await member.sign_in()
            wanted: Move | None = move
            for _ in range(2):
                if wanted is None:
                    return
                wanted = await self._place(member, auction_id, wanted, limit)
        except httpx.HTTPError as fault:
            log.debug("a bid went astray: %r", fault)
        except Refused as refused:
            log.debug("%s may not bid: %s", member.person.key, refused)

    def _turn(self) -> float:
        """Seconds until this bid's turn, so that all bots together keep to their rate."""
        now = time.monotonic()
        self._next_bid_at = max(now, self._next_bid_at + self._bid_gap_seconds)
        return self._next_bid_at - now

    async def _place(self, member: Member, auction_id: str, move: Move, limit: int) -> Move | None:
        try:
            answer = await member.call(
                "POST", f"/v1/auctions/{auction_id}/bids", move.body(), key=stall.fresh_key("bid"), patient=False
            )
        except Refused as refused:
            self.bids_refused += 1
            if refused.code == "bid_too_low" and "minimum_bid" in refused.problem:
                return after_refusal(refused.problem["minimum_bid"], limit, move)
            if refused.status in BUSY:
                wait = float(refused.problem.get("retry_after", FAULT_SECONDS[1]))
                self._silent_until[member.person.key] = time.monotonic() + wait
            return None
        self.bids_accepted += 1
        self._aliases[member.person.key, auction_id] = answer["bid"]["bidder"]["alias"]
        if self._on_bid is not None:
            self._on_bid(member.person, answer)
        return None

    # --- selling -----------------------------------------------------------------------------------------------
    async def _restock(self) -> None:
        """Decide what waits for a decision, and put one thing up when little is live or nothing ends soon."""
        for member in self._sellers.values():
            if not member.user_id:
                await member.sign_in()
        await self._decide()
        auctions = await self._live()
        soonest = min((self._left_seconds(auction) for auction in auctions), default=float("inf"))
        if len(auctions) >= LIVE_FLOOR and soonest <= NEXT_END_SECONDS:
            return
        seconds = self._rng.randint(*RELIST_SECONDS)
        if soonest > NEXT_END_SECONDS:
            seconds = RELIST_SECONDS[0]
        await self._put_something_up(auctions, seconds)

    @staticmethod
    def _left_seconds(auction: dict[str, Any]) -> float:
        return glance(auction, leading=False, valuation=1).left_seconds

    async def _put_something_up(self, live: list[dict[str, Any]], seconds: int) -> None:
        shown = {(auction.get("listing") or {}).get("title") for auction in live}
        goods = [good for good in self._world.goods if self._may_return(good) and good.title not in shown]
        self._rng.shuffle(goods)
        for good in goods:
            try:
                if await self._put_up_again(good, seconds):
                    return
            except Refused as refused:
                log.debug("%s cannot be put up again: %s", good.title, refused)

    @staticmethod
    def _may_return(good: Good) -> bool:
        """Land and horses do not come back every ten minutes; a car might."""
        return not isinstance(good.sale, FixedSale) and good.category not in ("real-estate", "horse")

    async def _put_up_again(self, good: Good, seconds: int) -> bool:
        """Relist an unsold auction of the good, or list a sold one anew; False when it is still in some auction."""
        seller = self._sellers[good.seller]
        query = {"seller": seller.user_id, "q": good.title}
        listings = [
            listing
            for listing in await stall.every_item(seller, "/v1/listings", **query)
            if listing["title"] == good.title and listing["status"] in ("active", "sold")
        ]
        if not listings or any(listing.get("auction_id") for listing in listings):
            return False
        newest = max(listings, key=lambda listing: listing["created_at"])
        if newest["status"] == "active":
            past = await stall.every_item(seller, "/v1/auctions", seller=seller.user_id, status="unsold")
            past = [auction for auction in past if auction["listing_id"] == newest["id"]]
            if not past:
                return False  # never auctioned: somebody, perhaps the seeding, is about to
            latest = max(past, key=lambda auction: auction["id"])
            auction = await seller.call(
                "POST",
                f"/v1/auctions/{latest['id']}/relist",
                {"duration_seconds": seconds},
                key=stall.fresh_key("relist"),
            )
        else:
            listing = await stall.create_listing(seller, self._world, good)
            await stall.set_pictures(seller, listing["id"], [medium["id"] for medium in newest["media"]])
            await stall.publish(seller, listing["id"])
            auction = await stall.create_auction(seller, listing["id"], self._terms(good, seconds))
        await stall.go_live(seller, auction["id"])
        return True

    @staticmethod
    def _terms(good: Good, seconds: int) -> AuctionSale:
        assert isinstance(good.sale, AuctionSale)
        sale = good.sale
        return AuctionSale(
            starting_price=sale.starting_price,
            worth=sale.worth,
            duration_seconds=seconds,
            bid_increment=sale.bid_increment,
            buy_now_price=sale.buy_now_price,
        )

    async def _decide(self) -> None:
        """Sellers accept a fair price some minutes after the end, and refuse a poor one."""
        for key, seller in self._sellers.items():
            if key in KEPT_BY:
                continue
            for auction in await stall.every_item(
                seller, "/v1/auctions", seller=seller.user_id, status="awaiting_decision"
            ):
                good = self._goods.get((auction.get("listing") or {}).get("title", ""))
                if good is None or isinstance(good.stage, Ended) or -self._left_seconds(auction) < DECIDE_AFTER_SECONDS:
                    continue
                fair = (auction["current_price"] or 0) >= self._worth(auction) * 0.6
                await seller.call(
                    "POST",
                    f"/v1/auctions/{auction['id']}/decision",
                    {"action": "accept" if fair else "reject"},
                    key=stall.fresh_key("decision"),
                )
