"""People at their browsers: each has a profile of its own, and nothing may go wrong unseen in it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.support.market import Person

# A machine under load is slow; what is expected comes, or the test fails, however late that is.
WITHIN_MS = 45_000
# What the browser itself writes while it is offline: calls that fail, a service worker that cannot be looked for.
OFFLINE_ERRORS = "ERR_INTERNET_DISCONNECTED|WebSocket connection|error occurred when fetching the script"
SESSION_KEY = "outcry.session"
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_LOCAL_SCHEMES = frozenset({"data", "blob", "about", "chrome-extension"})


class Device(NamedTuple):
    """What a page is shown on, as Playwright's options of a context."""

    name: str
    options: Mapping[str, Any]

    @property
    def is_phone(self) -> bool:
        return self.name == "phone"


PHONE = Device("phone", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True})
DESKTOP = Device("desktop", {"viewport": {"width": 1280, "height": 900}})


class Visitor:
    """One person's browser: its windows share what is kept between visits."""

    def __init__(self, context: BrowserContext, device: Device) -> None:
        self.context = context
        self.device = device
        self.faults: list[str] = []
        self._forgiven: list[re.Pattern[str]] = []
        context.set_default_timeout(WITHIN_MS)
        context.on("request", lambda request: self._asked(request.url))
        context.on("page", self._watch)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))

    @property
    def page(self) -> Page:
        """The window that was opened first."""
        return self.context.pages[0]

    async def open(self, path: str = "/") -> Page:
        """A new window at this path of the market."""
        page = await self.context.new_page()
        await page.goto(path)
        return page

    def forgive(self, words: str) -> None:
        """Errors of the console with these words are part of the story."""
        self._forgiven.append(re.compile(words))

    def check(self) -> None:
        """Nothing went wrong that the story did not ask for."""
        faults = [one for one in self.faults if not any(pattern.search(one) for pattern in self._forgiven)]
        assert not faults, "\n".join(faults)

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _LOCAL_SCHEMES and parts.hostname not in _LOOPBACK:
            self.faults.append(f"asked for {url}")

    def _watch(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))
        page.on("crash", lambda _: self.faults.append("the page crashed"))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"console: {message.text} ({message.location.get('url')})")


class Visitors:
    """Opens browsers for people, and looks at all of them when the story is told."""

    def __init__(self, browser: Browser, base_url: str) -> None:
        self._browser = browser
        self.base_url = base_url
        self.all: list[Visitor] = []
        expect.set_options(timeout=WITHIN_MS)

    async def __call__(self, device: Device = DESKTOP, person: Person | None = None, **options: Any) -> Visitor:
        """Somebody's browser, signed in when `person` is given; `options` are Playwright's for a context."""
        chosen: dict[str, Any] = {
            "base_url": self.base_url,
            **device.options,
            "locale": "en-US",
            "timezone_id": "UTC",
            **options,
        }
        if person is not None:
            chosen["storage_state"] = {"origins": [signed_in(chosen["base_url"], person)]}
        visitor = Visitor(await self._browser.new_context(**chosen), device)
        self.all.append(visitor)
        return visitor

    async def photograph(self, folder: Path, name: str) -> None:
        """What everybody saw when a test failed."""
        pages = [page for visitor in self.all for page in visitor.context.pages]
        for number, page in enumerate(pages):
            await page.screenshot(path=folder / f"{name}-{number}.png", timeout=WITHIN_MS)

    async def leave(self) -> None:
        """Close all; fails when something had gone wrong in one of them."""
        for visitor in self.all:
            await visitor.context.close()
        for visitor in self.all:
            visitor.check()


def signed_in(base_url: str, person: Person) -> dict[str, Any]:
    """The storage of a browser in which this person has signed in before."""
    kept = {
        "accessToken": person.session["access_token"],
        "refreshToken": person.session["refresh_token"],
        "user": person.session["user"],
    }
    return {"origin": base_url, "localStorage": [{"name": SESSION_KEY, "value": json.dumps(kept)}]}
