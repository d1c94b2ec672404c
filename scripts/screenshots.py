"""`make screenshots`: every page of the sample world at 390 and 1280 px, light and dark, into `screenshots/`.

`python -m scripts.screenshots [NAME ...]` takes only those whose name begins so. A server of its own on a free port and
in a temporary folder; nothing of it stays but the pictures.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from bench.client import build_client
from bench.server import OUTCRY, running_server
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, TimeoutError
from scripts.shown_world import REFUSED, STATES, Shown, make_shown
from tests.browser.fair import png
from tests.support.chromium import chromium
from tests.support.mail_server import Mailbox, mail_server
from tests.support.visitors import DESKTOP, PHONE, SESSION_KEY, Device

FOLDER = Path(__file__).resolve().parents[1] / "screenshots"
SHOWN_WITHIN_MS = 30_000
# The most of a page that is shown: as far as anybody would scroll to judge it.
MAX_HEIGHT = 2_400
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Whatever comes last has come: no shape stands for what is on its way, and every picture in sight is there.
# The page of components shows such shapes for good.
_WHOLE = """() => !document.querySelector('.readable')
    && (document.querySelector('main#main > *') !== null || !document.getElementById('root'))
    && (location.pathname === '/ui' || !document.querySelector('[data-skeleton]'))
    && [...document.images].every(one => {
        const { top, left } = one.getBoundingClientRect()
        return one.complete || !one.checkVisibility() || top > innerHeight || left >= innerWidth
    })"""

Act = Callable[[Page], Awaitable[None]]


class Shot(msgspec.Struct, frozen=True):
    """A picture: its name, the page, who looks (a person's key; nobody is signed out), and what is done there."""

    name: str
    path: str
    who: str | None = None
    act: Act | None = None
    is_scripted: bool = True


async def _fill_what(page: Page) -> None:
    await page.get_by_label("Title").fill("Brass telescope by Dollond, three draws")
    await page.get_by_label("Category").select_option("Collectibles")
    await page.get_by_label("Description").fill("Signed on the first draw. Clear glass, one dent, its leather case.")


async def _to_pictures(page: Page) -> None:
    await _fill_what(page)
    await page.get_by_role("button", name="Continue").click()
    files: list[FilePayload] = [{"name": "one.png", "mimeType": "image/png", "buffer": png(hue)} for hue in (20, 110)]
    await page.get_by_label("Add pictures").first.set_input_files(files)
    await page.get_by_role("img", name="Picture 2 of 2").wait_for()


async def _to_terms(page: Page) -> None:
    await _to_pictures(page)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Starting price").fill("150")


async def _to_review(page: Page) -> None:
    await _to_terms(page)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_text("How buyers will see it").wait_for()


async def _open_bid_sheet(page: Page) -> None:
    await page.get_by_role("button", name="Other", exact=True).click()
    await page.get_by_role("dialog").wait_for()


async def _open_filters(page: Page) -> None:
    await page.get_by_role("button", name="Filters").click()
    await page.get_by_role("dialog").wait_for()


async def _go_offline(page: Page) -> None:
    await page.context.set_offline(True)
    await page.get_by_role("status").filter(has_text="You are offline").wait_for()


SHOTS: tuple[Shot, ...] = (
    Shot("home", "/"),
    Shot("home-offline", "/", act=_go_offline),
    Shot("home-no-script", "/", is_scripted=False),
    Shot("search", "/search"),
    Shot("search-filters", "/search", act=_open_filters),
    Shot("search-nothing", "/search?q=nothing-is-called-so"),
    Shot("listing", "/listings/{listing}"),
    Shot("listing-no-script", "/listings/{listing}", is_scripted=False),
    Shot("person", "/people/{seller}"),
    Shot("person-unrated", "/people/{unrated}"),
    Shot("person-no-script", "/people/{seller}", is_scripted=False),
    Shot("room", "/auctions/{auction}"),
    Shot("room-no-script", "/auctions/{auction}", is_scripted=False),
    Shot("room-before", "/auctions/{scheduled}"),
    Shot("room-sold", "/auctions/{sold}"),
    Shot("room-unsold", "/auctions/{unsold}"),
    Shot("room-deciding", "/auctions/{deciding}"),
    Shot("sign-in", "/sign-in"),
    Shot("sign-up", "/sign-up"),
    Shot("members-only", "/me"),
    Shot("missing", "/no-such-page"),
    Shot("components", "/ui"),
    Shot("offline-page", "/offline.html"),
    Shot("room-signed-in", "/auctions/{auction}", "alex"),
    Shot("room-leading", "/auctions/{leading}", "alex"),
    Shot("room-outbid", "/auctions/{outbid}", "alex"),
    Shot("room-bid-sheet", "/auctions/{auction}", "alex", _open_bid_sheet),
    Shot("room-won", "/auctions/{won}", "winner"),
    Shot("room-own", "/auctions/{auction}", "seller of it"),
    Shot("sell", "/sell", "alex"),
    Shot("sell-pictures", "/sell", "alex", _to_pictures),
    Shot("sell-terms", "/sell", "alex", _to_terms),
    Shot("sell-review", "/sell", "alex", _to_review),
    Shot("profile", "/me", "alex"),
    Shot("profile-staff", "/me", "staff"),
    Shot("my-bids", "/me/bids", "alex"),
    Shot("my-auctions", "/me/auctions", "mira"),
    Shot("watchlist", "/me/watchlist", "alex"),
    Shot("watchlist-nothing", "/me/watchlist", "tomas"),
    Shot("notifications", "/me/notifications", "alex"),
    Shot("orders", "/orders", "alex"),
    Shot("orders-selling", "/orders?role=seller", "mira"),
    Shot("orders-nothing", "/orders?role=seller", "tomas"),
    *(
        Shot(f"order-{state}-{side}", f"/orders/{{{state}}}", f"{side} of {state}")
        for state in STATES
        for side in ("buyer", "seller")
    ),
    Shot("checkout", "/orders/{unpaid}/pay", "alex"),
    Shot("sandbox", "{checkout}"),
    Shot("meet-buyer", "/orders/{meeting}/meet", "buyer of meeting"),
    Shot("meet-seller", "/orders/{meeting}/meet", "seller of meeting"),
    Shot("meet-places", "/orders/{paid}/meet", "buyer of paid"),
    Shot("wallet", "/wallet", "lea"),
    Shot("wallet-nothing", "/wallet", "tomas"),
    Shot("payouts", "/wallet/payouts", "mira"),
    Shot("staff-disputes", "/staff", "staff"),
    Shot("staff-case", "/staff/disputes/{case of answered}", "staff"),
    Shot("staff-orders", "/staff/orders", "staff"),
    Shot("staff-orders-nothing", "/staff/orders?find=OUT-2026-999999", "staff"),
    Shot("staff-order", "/staff/orders/{disputed}", "staff"),
    Shot("staff-payments", "/staff/payments", "staff"),
    Shot("staff-webhooks", "/staff/webhooks", "staff"),
    Shot("staff-reconciliation", "/staff/reconciliation", "staff"),
    Shot("staff-ledger", "/staff/ledger", "staff"),
    Shot("staff-ledger-order", "/staff/ledger?id={completed}", "staff"),
    Shot("staff-mail", "/staff/mail", "staff"),
    Shot("staff-forbidden", "/staff", "alex"),
)


async def _take(page: Page, shot: Shot, shown: Shown, file: Path) -> None:
    await page.goto(shot.path.format(**shown.places), wait_until="load")
    if not shot.is_scripted:
        await page.screenshot(path=file, full_page=True)
        return
    size = page.viewport_size
    assert size is not None
    try:
        await page.wait_for_function(_WHOLE, timeout=SHOWN_WITHIN_MS)
        if shot.act is not None:
            await shot.act(page)
            await page.wait_for_function(_WHOLE, timeout=SHOWN_WITHIN_MS)
        # What would come into sight does not come without a network.
        height = await page.evaluate("navigator.onLine ? document.documentElement.scrollHeight : 0")
        # In the room and under a sheet what counts is what is in sight at once.
        is_long = height > size["height"] and not shot.path.startswith("/auctions/")
        if is_long and not await page.locator("dialog[open]").count():
            await page.set_viewport_size({"width": size["width"], "height": min(height, MAX_HEIGHT)})
            await page.wait_for_function(_WHOLE, timeout=SHOWN_WITHIN_MS)
    except TimeoutError:
        print(f"{shot.name} is not whole; taken as it is", file=sys.stderr)
    await page.screenshot(path=file, animations="disabled")


async def _context(
    browser: Browser, base_url: str, shot: Shot, shown: Shown, device: Device, scheme: Literal["light", "dark"]
) -> BrowserContext:
    context = await browser.new_context(
        base_url=base_url,
        color_scheme=scheme,
        reduced_motion="reduce",
        service_workers="block",
        java_script_enabled=shot.is_scripted,
        **device.options,
    )
    context.set_default_timeout(SHOWN_WITHIN_MS)
    if shot.who is not None:
        session = shown.sessions[shot.who]
        kept = msgspec.json.encode([SESSION_KEY, msgspec.json.encode(session).decode()]).decode()
        await context.add_init_script(f"localStorage.setItem(...{kept})")
    return context


async def _walk(
    browser: Browser,
    base_url: str,
    shots: Sequence[Shot],
    shown: Shown,
    device: Device,
    scheme: Literal["light", "dark"],
) -> None:
    for shot in shots:
        # A browser of its own for each: what one page keeps does not show in another.
        context = await _context(browser, base_url, shot, shown, device, scheme)
        file = FOLDER / f"{shot.name}-{device.options['viewport']['width']}-{scheme}.png"
        await _take(await context.new_page(), shot, shown, file)
        await context.close()


async def _main(names: Sequence[str]) -> None:
    shots = [shot for shot in SHOTS if not names or shot.name.startswith(tuple(names))]
    await asyncio.to_thread(build_client)
    FOLDER.mkdir(exist_ok=True)
    mailbox = Mailbox()
    mailbox.refused_recipients[REFUSED] = "550 nobody of this name"
    with tempfile.TemporaryDirectory(prefix="outcry-screenshots-") as folder, mail_server(mailbox) as port:
        quiet = {
            "OUTCRY_RATE_LIMITS": "off",
            "OUTCRY_LOG_LEVEL": "warning",
            "OUTCRY_SMTP_URL": f"smtp://localhost:{port}",
            "OUTCRY_MAIL_FROM": "Outcry <hello@demo.example>",
        }
        async with running_server([*OUTCRY, "--data-dir", folder], quiet) as server, chromium() as browser:
            shown = await make_shown(server.url)
            for device in (PHONE, DESKTOP):
                for scheme in SCHEMES:
                    await _walk(browser, server.url, shots, shown, device, scheme)
    print(f"{len(shots) * 4} pictures in {FOLDER}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take pictures of every page.")
    parser.add_argument("names", nargs="*", help="only pictures whose name begins so")
    asyncio.run(_main(parser.parse_args().names))
