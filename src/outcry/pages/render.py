"""Pages from templates: on their own, or inside the shell of the web client (SPEC WEB-3)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Request, Response

from outcry.kernel.market import Market
from outcry.kernel.security import content_policy, inline_digest
from outcry.kernel.settings import Settings
from outcry.pages.client import Client

MAX_DESCRIPTION_CHARACTERS = 200
_ENVIRONMENT = Environment(
    loader=PackageLoader("outcry.pages", "templates"), autoescape=select_autoescape(["html"]), trim_blocks=True
)


def spelled_out(name: str) -> str:
    """The name of an attribute as people write it, as the client does: `area_m2` is `Area, m²`. Pure."""
    words = re.sub(r" (m2|km)$", lambda unit: f", {unit[1].replace('m2', 'm²')}", name.replace("_", " "))
    return words[:1].upper() + words[1:]


_ENVIRONMENT.filters["spelled_out"] = spelled_out


class Picture(msgspec.Struct, frozen=True):
    """A picture, its size in pixels; `sources` are all its sizes, as `<img srcset>` has them."""

    url: str
    width: int
    height: int
    sources: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of itself to browsers, search engines and link previews; `path` is its canonical address."""

    title: str
    description: str
    path: str
    kind: str = "website"
    picture: Picture | None = None
    price: tuple[str, str] | None = None
    structured: tuple[dict[str, Any], ...] = ()
    indexed: bool = True
    refresh_seconds: int | None = None


class Pages:
    """Renders every page: in the client's shell where there is a client, else in a plain frame of its own."""

    def __init__(self, settings: Settings, market: Market, client: Client | None) -> None:
        self.client = client
        self.market = market
        self._market_block = data_block(_market_facts(settings, market))
        self._public_url = settings.public_url.rstrip("/")
        # In the page, so that it is shown as soon as it is there.
        self._shell_css = static("shell.css").decode()
        self._headers = {"Cache-Control": "no-cache"}
        if client is not None:
            self._headers["Content-Security-Policy"] = content_policy(
                scripts=client.shell.scripts, styles=[inline_digest(self._shell_css)]
            )

    def base_url(self, request: Request[Any, Any, Any]) -> str:
        """What the outside calls us, without a slash at the end: as set, or as this caller does."""
        return self._public_url or str(request.base_url).rstrip("/")

    def answer(
        self,
        request: Request[Any, Any, Any],
        template: str,
        about: About,
        facts: Mapping[str, Any],
        *,
        status: int = 200,
    ) -> Response[str]:
        """The page of `template`; `facts` are what it shows."""
        body = _ENVIRONMENT.get_template(template).render(
            layout="base.html" if self.client is None else "shell.html",
            shell=self.client.shell if self.client else None,
            market=self.market,
            market_block=self._market_block,
            about=about,
            description=shortened(about.description),
            base_url=self.base_url(request),
            structured=[data_block(one) for one in about.structured],
            shell_css=self._shell_css,
            **facts,
        )
        return Response(body, status_code=status, media_type="text/html; charset=utf-8", headers=self._headers)


def _market_facts(settings: Settings, market: Market) -> dict[str, Any]:
    """What the client must know of the market before it has asked anything."""
    return {
        "title": market.title,
        "currency": market.currency,
        "phonePrefix": market.phone.prefix,
        "timeZone": market.time_zone,
        "minAuctionSeconds": settings.auction_min_seconds,
        "maxAuctionDays": market.max_auction_days,
        "decisionHours": market.decision_hours,
        "commissionBasisPoints": market.fees.commission_basis_points,
        "escrowFeeMinor": market.fees.escrow_fee_minor,
        "buyerPremiumBasisPoints": market.fees.buyer_premium_basis_points,
        "taxBasisPoints": market.fees.tax_basis_points,
    }


def plain_page(template: str, /, **facts: Any) -> Response[str]:
    """A page that is never part of the client: the reference, the outbox of development."""
    return Response(
        _ENVIRONMENT.get_template(template).render(**facts),
        media_type="text/html; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )


def data_block(structured: dict[str, Any]) -> str:
    """JSON for a script element: `<` must neither end it nor open a comment in it."""
    return msgspec.json.encode(structured).decode().replace("<", "\\u003c")


def shortened(text: str) -> str:
    """One line for a description, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= MAX_DESCRIPTION_CHARACTERS:
        return line
    return line[:MAX_DESCRIPTION_CHARACTERS].rpartition(" ")[0].rstrip(",;:.") + "…"


@lru_cache(16)
def static(name: str) -> bytes:
    """A static file of this package."""
    return resources.files("outcry.pages").joinpath(name).read_bytes()
