"""What search engines are told of a thing for sale (schema.org, JSON-LD). Pure."""

from collections.abc import Sequence
from typing import Any

from outcry.auctions.schemas import AuctionView
from outcry.catalog.schemas import ListingView
from outcry.kernel.money import minor_digits
from outcry.pages.render import Picture
from outcry.pages.words import amount_of

_SCHEMA = "https://schema.org/"
_CONDITIONS = {"new": "NewCondition", "refurbished": "RefurbishedCondition", "used": "UsedCondition"}
_AVAILABILITY = {"live": "InStock", "scheduled": "PreOrder", "sold": "SoldOut"}


def decimal_of(amount_minor: int, currency: str) -> str:
    """`1234.50`: plain digits, as schema.org wants them."""
    digits = minor_digits(currency)
    whole, rest = divmod(amount_minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


def product(
    listing: ListingView, auction: AuctionView | None, pictures: Sequence[Picture], base_url: str
) -> dict[str, Any]:
    """A Product with its offer: of the auction, of the fixed price, or of both ways to buy."""
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": listing.title,
        "description": listing.description,
        "sku": str(listing.id),
        "category": listing.category,
        "url": f"{base_url}{listing.url}",
        "image": [base_url + picture.url for picture in pictures],
        "itemCondition": _SCHEMA + _CONDITIONS.get(listing.condition, "UsedCondition"),
    }
    offers = [*_auction_offers(listing, auction, base_url), *_fixed_offers(listing, base_url)]
    if len(offers) == 1:
        described["offers"] = offers[0]
    elif offers:
        amounts = sorted(offers, key=lambda offer: float(offer["price"]))
        described["offers"] = {
            "@type": "AggregateOffer",
            "lowPrice": amounts[0]["price"],
            "highPrice": amounts[-1]["price"],
            "priceCurrency": listing.currency,
            "offerCount": len(offers),
            "availability": offers[0]["availability"],
            **({"priceValidUntil": offers[0]["priceValidUntil"]} if "priceValidUntil" in offers[0] else {}),
            "offers": offers,
        }
    return described


def _auction_offers(listing: ListingView, auction: AuctionView | None, base_url: str) -> list[dict[str, Any]]:
    if auction is None:
        return []
    availability = _SCHEMA + _AVAILABILITY.get(auction.status, "OutOfStock")
    url = f"{base_url}/auctions/{auction.id}"
    times: dict[str, Any] = {}
    if auction.starts_at:
        times["availabilityStarts"] = auction.starts_at
    if auction.ends_at:
        times.update(availabilityEnds=auction.ends_at, priceValidUntil=auction.ends_at)
    prices = [amount_of(auction)]
    if auction.buy_now_price is not None and auction.status == "live":
        prices.append(auction.buy_now_price)
    return [_offer(listing, price, auction.currency, availability, url, times) for price in prices]


def _fixed_offers(listing: ListingView, base_url: str) -> list[dict[str, Any]]:
    if listing.price is None or listing.sale_type == "auction":
        return []
    in_stock = listing.status == "active" and listing.stock > 0
    availability = _SCHEMA + ("InStock" if in_stock else "SoldOut")
    return [_offer(listing, listing.price, listing.currency, availability, f"{base_url}{listing.url}", {})]


def _offer(
    listing: ListingView, amount: int, currency: str, availability: str, url: str, times: dict[str, Any]
) -> dict[str, Any]:
    return {
        "@type": "Offer",
        "url": url,
        "price": decimal_of(amount, currency),
        "priceCurrency": currency,
        "availability": availability,
        "itemCondition": _SCHEMA + _CONDITIONS.get(listing.condition, "UsedCondition"),
        "seller": {"@type": "Person", "name": listing.seller.display_name},
        **times,
    }


def website(title: str, base_url: str) -> dict[str, Any]:
    """The market itself, with its search."""
    return {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": title,
        "url": f"{base_url}/",
        "potentialAction": {
            "@type": "SearchAction",
            "target": f"{base_url}/search?q={{search_term_string}}",
            "query-input": "required name=search_term_string",
        },
    }
