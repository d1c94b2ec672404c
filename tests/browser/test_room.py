"""The live room keeps its word: what is on the screen is what the server has decided (SPEC WEB-2)."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.room import Room, countdown_is_right
from tests.support.market import Person, TestMarket
from tests.support.visitors import DESKTOP, OFFLINE_ERRORS, PHONE, Device, Visitors

pytestmark = pytest.mark.anyio

# A wall clock that is wrong by so many milliseconds, as a machine has that was set by hand.
WRONG_CLOCK = """
(wrongMs => {
  const Right = Date
  globalThis.Date = class extends Right {
    constructor(...given) { given.length === 0 ? super(Right.now() + wrongMs) : super(...given) }
    static now() { return Right.now() + wrongMs }
  }
})
"""
# While a laptop sleeps its monotonic clock stands still; a frozen page's does not, so it is put back on waking.
MONOTONIC_CLOCK_SLEEPS = """
{
  const running = performance.now.bind(performance)
  let sleptMs = 0
  let fellAsleep = 0
  performance.now = () => running() - sleptMs
  document.addEventListener('freeze', () => { fellAsleep = running() })
  document.addEventListener('resume', () => { sleptMs += running() - fellAsleep })
}
"""
HOUR_MS = 3_600_000
# As on a train.
SLOW_NETWORK = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


async def people(market: TestMarket, count: int) -> list[Person]:
    return [await market.sign_up() for _ in range(count)]


async def test_a_late_bid_gives_everyone_more_time(market: TestMarket, visitors: Visitors, device: Device) -> None:
    seller, ann, ben = await people(market, 3)
    # All of it is the last moment: any bid extends.
    late = {"window_seconds": 3600, "extension_seconds": 7200}
    auction = await market.auction(seller, duration_seconds=900, anti_snipe=late)
    rooms = [
        await Room.enter(await (await visitors(device, person)).open(), auction["id"]) for person in (seller, ann, ben)
    ]
    hall, first, second = rooms
    for room in rooms:
        assert await room.seconds_left() <= 900
    said = "A late bid: more time for everyone"
    await asyncio.gather(hall.says(said), second.says(said), first.bid(1_000))
    for room in rooms:
        await room.says(re.compile("^(1h 59m|2h 00m)$"))
        await countdown_is_right(room, market, auction["id"])
    assert (await market.read(auction["id"]))["extended_count"] == 1


async def test_two_windows_of_one_person_are_one_person(market: TestMarket, visitors: Visitors, device: Device) -> None:
    seller, ann = await people(market, 2)
    auction = await market.auction(seller)
    visitor = await visitors(device, ann)
    one, other = [await Room.enter(await visitor.open(), auction["id"]) for _ in range(2)]
    await asyncio.gather(other.leads(), one.bid(1_000))
    await other.leads_up_to(1_000)
    await other.has_price(1_000)
    await one.page.goto("/me")
    await one.page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(other.page.get_by_role("link", name="Join to bid $11").first).to_be_visible()
    await expect(other.page.get_by_text(re.compile("You lead"))).to_have_count(0)
    assert (await market.read(auction["id"]))["bid_count"] == 1


@pytest.mark.parametrize("wrong_ms", [HOUR_MS, -HOUR_MS], ids=["fast", "slow"])
async def test_a_clock_that_is_an_hour_wrong_changes_nothing(
    market: TestMarket, visitors: Visitors, wrong_ms: int
) -> None:
    seller, ann = await people(market, 2)
    auction = await market.auction(seller, duration_seconds=600)
    visitor = await visitors(PHONE, ann)
    await visitor.context.add_init_script(f"{WRONG_CLOCK}({wrong_ms})")
    room = await Room.enter(await visitor.open(), auction["id"])
    assert abs(await room.page.evaluate("Date.now()") - await room.page.evaluate("performance.timeOrigin")) > 3_000_000
    await countdown_is_right(room, market, auction["id"])
    await room.bid(1_000)
    await room.has_price(1_000)
    await countdown_is_right(room, market, auction["id"])


async def test_a_laptop_that_slept_shows_what_is_now(market: TestMarket, visitors: Visitors) -> None:
    seller, ann, ben = await people(market, 3)
    auction = await market.auction(seller)
    visitor = await visitors(DESKTOP, ann)
    await visitor.context.add_init_script(MONOTONIC_CLOCK_SLEEPS)
    room = await Room.enter(await visitor.open(), auction["id"])
    await room.bid(1_000)
    lid = await visitor.context.new_cdp_session(room.page)
    await lid.send("Page.setWebLifecycleState", {"state": "frozen"})
    for step in range(1, 41):
        placed = await (ben if step % 2 else ann).bid(auction["id"], 1_000 + 100 * step)
        assert placed.status_code == 201, placed.text
    await ben.bid(auction["id"], None, 9_000)
    await lid.send("Page.setWebLifecycleState", {"state": "active"})
    await room.has_price(5_100)
    await room.is_connected()
    await countdown_is_right(room, market, auction["id"])
    await expect(room.next_bid(5_200)).to_be_enabled()


async def test_a_minute_without_a_network_shows_what_is_now(market: TestMarket, visitors: Visitors) -> None:
    seller, ann, ben = await people(market, 3)
    auction = await market.auction(seller)
    visitor = await visitors(PHONE, ann)
    visitor.forgive(OFFLINE_ERRORS)
    page = await visitor.open()
    await page.clock.install()
    room = await Room.enter(page, auction["id"])
    await room.bid(1_000)
    await visitor.context.set_offline(True)
    await room.says("You are offline. Prices here may have moved; bidding comes back with your connection.")
    assert (await ben.bid(auction["id"], None, 9_000)).status_code == 201
    await page.clock.fast_forward(60_000)
    await room.says("You are offline. Prices here may have moved; bidding comes back with your connection.")
    await visitor.context.set_offline(False)
    await room.has_price(1_100)
    await room.is_connected()
    await room.next_bid(1_200).click()
    await room.has_price(1_300)


async def test_a_slow_network_is_enough(market: TestMarket, visitors: Visitors) -> None:
    seller, ann, ben = await people(market, 3)
    auction = await market.auction(seller)
    visitor = await visitors(PHONE, ann)
    page = await visitor.open("about:blank")
    network = await visitor.context.new_cdp_session(page)
    await network.send("Network.enable")
    await network.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    room = await Room.enter(page, auction["id"])
    await room.bid(1_000)
    assert (await ben.bid(auction["id"], None, 2_000)).status_code == 201
    await room.has_price(1_100)
    await room.bid_up_to(3_000)
    await room.has_price(2_100)
    await countdown_is_right(room, market, auction["id"])
