"""The auction room as a person sees it, and what the tests of it share."""

import re
from datetime import datetime
from typing import Any

from playwright.async_api import Locator, Page, expect

from outcry.kernel.database import SYSTEM
from tests.support.market import TestMarket

IN_SYNC = "In sync"
# The countdown shows whole seconds and is drawn a few times a second.
COUNTDOWN_WITHIN_SECONDS = 2.0
# Notes every price that is ever on the screen, from before the page's own scripts on.
RECORD_PRICES = """
globalThis.pricesSeen = []
new MutationObserver(() => {
  for (const label of document.querySelectorAll('main p')) {
    if (!/^(Current bid|Starts at)$/.test(label.textContent)) continue
    const text = label.parentElement.textContent.slice(label.textContent.length)
    if (text && globalThis.pricesSeen.at(-1) !== text) globalThis.pricesSeen.push(text)
  }
}).observe(document, { subtree: true, childList: true, characterData: true })
"""


def dollars(amount: int) -> str:
    """As the client writes money: cents only when there are any."""
    whole, cents = divmod(amount, 100)
    return f"${whole:,}.{cents:02}" if cents else f"${whole:,}"


def shown(page: Page, words: str | re.Pattern[str]) -> Locator:
    """The one place, of those that are laid out at this size, where these words stand."""
    return page.get_by_text(words, exact=isinstance(words, str)).filter(visible=True).first


class Room:
    """One window on one auction."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    async def enter(cls, page: Page, auction_id: str) -> "Room":
        """Go there by its address and wait until it is live on the screen."""
        await page.goto(f"/auctions/{auction_id}")
        room = cls(page)
        await room.is_connected()
        return room

    async def is_connected(self) -> None:
        """What is shown is what is."""
        told = self.page.get_by_role("status").filter(visible=True, has_text=re.compile(f"^{IN_SYNC}$"))
        await expect(told).to_be_visible()

    async def says(self, words: str | re.Pattern[str]) -> None:
        """These words can be read."""
        await expect(shown(self.page, words)).to_be_visible()

    async def has_price(self, amount: int, label: str = "Current bid") -> None:
        """The price in large figures."""
        await expect(shown(self.page, label).locator("xpath=..")).to_have_text(f"{label}{dollars(amount)}")

    def next_bid(self, amount: int | None = None) -> Locator:
        """The button that bids the least next amount."""
        name = re.compile(r"^Bid \$") if amount is None else re.compile(rf"^Bid {re.escape(dollars(amount))}$")
        return self.page.get_by_role("button", name=name).first

    async def bid(self, amount: int) -> None:
        """Press the button with this amount, and lead by it."""
        await self.next_bid(amount).click()
        await self.leads()

    async def bid_up_to(self, maximum: int) -> None:
        """Set a hidden maximum."""
        await self.page.get_by_role("button", name="Other", exact=True).click()
        sheet = self.page.get_by_role("dialog", name="Place a bid")
        await sheet.get_by_label("Your maximum").fill(f"{maximum / 100:.2f}")
        await sheet.get_by_role("button", name=f"Bid up to {dollars(maximum)}").click()
        await expect(sheet).to_be_hidden()
        await self.leads()

    async def leads(self) -> None:
        """It is said that this person leads: as it happens, and from then on."""
        await self.says(re.compile("^You have the highest bid|^You lead"))

    async def leads_up_to(self, maximum: int) -> None:
        """It is said up to where, once what has just happened has been said."""
        await self.says(f"You lead. Your maximum is {dollars(maximum)}; only you see it.")

    async def is_outbid(self) -> None:
        """The alarm of the moment."""
        await self.says("You have been outbid")

    async def seconds_left(self) -> int:
        """The countdown, as machines read it."""
        clock = shown(self.page, "Time left").locator("xpath=..").locator("time")
        told = await clock.get_attribute("datetime")
        assert told is not None
        return int(told.removeprefix("PT").removesuffix("S"))

    async def prices_seen(self) -> list[str]:
        """Every price that RECORD_PRICES noted."""
        return await self.page.evaluate("globalThis.pricesSeen")


async def countdown_is_right(room: Room, market: TestMarket, auction_id: str) -> None:
    """What the screen says is left is what the server says: its answers before and after bracket the look."""
    before = left(await market.read(auction_id))
    seen = await room.seconds_left()
    after = left(await market.read(auction_id))
    assert after - COUNTDOWN_WITHIN_SECONDS <= seen <= before + COUNTDOWN_WITHIN_SECONDS


def left(auction: dict[str, Any]) -> float:
    """The seconds until the auction ends, by the server's clock."""
    ends_at, now = datetime.fromisoformat(auction["ends_at"]), datetime.fromisoformat(auction["server_time"])
    return (ends_at - now).total_seconds()


async def let_it_end(market: TestMarket, auction_id: str) -> None:
    """The time of this auction passes: all of it at once."""
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await tx.run("UPDATE auctions SET ends_at = clock_timestamp() WHERE id = :id", {"id": auction_id})
