"""`make screenshots`: every page of the sample world at 390 and 1280 px, light and dark, into `screenshots/`.

A server of its own on a free port and in a temporary folder; nothing of it stays but the pictures.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx
import msgspec
from bench.client import build_client
from bench.server import OUTCRY, running_server
from playwright.async_api import Browser, Page, TimeoutError
from tests.support.chromium import chromium
from tests.support.visitors import DESKTOP, PHONE, SESSION_KEY, Device

from outcry.demo.seed import seed_world
from outcry.demo.world import PASSWORD, sample_world

FOLDER = Path(__file__).resolve().parents[1] / "screenshots"
REQUEST_SECONDS = 60.0
SHOWN_AS = "alex"
SHOWN_WITHIN_MS = 30_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Names of pictures and their pages; {listing} and {auction} are of the sample world.
PUBLIC = {
    "home": "/",
    "search": "/search",
    "search-nothing": "/search?q=nothing-is-called-so",
    "listing": "/listings/{listing}",
    "room": "/auctions/{auction}",
    "sign-in": "/sign-in",
    "sign-up": "/sign-up",
    "components": "/ui",
    "missing": "/no-such-page",
}
PERSONAL = {
    "room-signed-in": "/auctions/{auction}",
    "sell": "/sell",
    "profile": "/me",
    "my-bids": "/me/bids",
    "my-auctions": "/me/auctions",
    "watchlist": "/me/watchlist",
    "notifications": "/me/notifications",
}
# Whatever comes last has come: no shape stands for what is on its way, and every picture in sight is there.
# The page of components shows such shapes for good.
_WHOLE = """() => document.querySelector('main#main') !== null
    && (location.pathname === '/ui' || !document.querySelector('[data-skeleton]'))
    && [...document.images].every(one => {
        const { top, left } = one.getBoundingClientRect()
        return one.complete || !one.checkVisibility() || top > innerHeight || left >= innerWidth
    })"""


class Shown(msgspec.Struct, frozen=True):
    """Somebody of the sample world, as the browser keeps a session, and what is looked at."""

    session: dict[str, Any]
    listing: UUID
    auction: UUID


async def _world(base_url: str) -> Shown:
    async with httpx.AsyncClient(base_url=base_url, timeout=REQUEST_SECONDS) as client:
        report = await seed_world(client, sample_world())
        if report.faults:
            raise RuntimeError(f"the sample world has faults: {report.faults[0]}")
        email = sample_world().person(SHOWN_AS).email
        answer = await client.post("/v1/auth/login", json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
        live = await client.get("/v1/auctions", params={"status": "live", "sort": "ending_soon"})
        live.raise_for_status()
    told = answer.json()
    # It must still run when its turn comes.
    auction = max(live.json()["items"], key=lambda one: one["ends_at"])
    session = {"accessToken": told["access_token"], "refreshToken": told["refresh_token"], "user": told["user"]}
    return Shown(session, auction["listing_id"], auction["id"])


async def _take(page: Page, path: str, file: Path) -> None:
    await page.goto(path)
    try:
        await page.wait_for_function(_WHOLE, timeout=SHOWN_WITHIN_MS)
    except TimeoutError:
        print(f"{path} is not whole; taken as it is", file=sys.stderr)
    await page.screenshot(path=file, animations="disabled")


async def _walk(browser: Browser, base_url: str, shown: Shown, device: Device, scheme: Literal["light", "dark"]) -> int:
    taken = 0
    for pages, session in ((PUBLIC, None), (PERSONAL, shown.session)):
        context = await browser.new_context(
            base_url=base_url, color_scheme=scheme, reduced_motion="reduce", service_workers="block", **device.options
        )
        if session is not None:
            kept = msgspec.json.encode([SESSION_KEY, msgspec.json.encode(session).decode()]).decode()
            await context.add_init_script(f"localStorage.setItem(...{kept})")
        page = await context.new_page()
        for name, path in pages.items():
            file = FOLDER / f"{name}-{device.options['viewport']['width']}-{scheme}.png"
            await _take(page, path.format(listing=shown.listing, auction=shown.auction), file)
            taken += 1
        await context.close()
    return taken


async def _main() -> None:
    await asyncio.to_thread(build_client)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="outcry-screenshots-") as folder:
        quiet = {"OUTCRY_RATE_LIMITS": "off", "OUTCRY_LOG_LEVEL": "warning"}
        async with running_server([*OUTCRY, "--data-dir", folder], quiet) as server, chromium() as browser:
            shown = await _world(server.url)
            taken = sum(
                [
                    await _walk(browser, server.url, shown, device, scheme)
                    for device in (PHONE, DESKTOP)
                    for scheme in SCHEMES
                ]
            )
    print(f"{taken} pictures in {FOLDER}", file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(_main())
