"""The sample world keeps the market's own rules, so that seeding it never meets a refusal."""

from collections import Counter

import msgspec
import pytest

from outcry.catalog.categories import check_attributes, shipped_categories
from outcry.catalog.schemas import CreateListing
from outcry.demo.pictures import SUBJECTS, VIEWS
from outcry.demo.world import AuctionSale, Ended, FixedSale, Good, Live, Scheduled, sample_world
from outcry.kernel.market import Market, load_market

WORLD = sample_world()
SCHEMAS = {row["slug"]: msgspec.json.decode(row["schema"]) for row in shipped_categories()}


@pytest.mark.parametrize("good", WORLD.goods, ids=lambda good: good.title)
def test_a_good_is_a_valid_listing_with_pictures(good: Good) -> None:
    assert good.subject in SUBJECTS
    assert 1 <= good.views <= VIEWS
    assert WORLD.person(good.seller).role == "seller"
    check_attributes(SCHEMAS[good.category], dict(good.attributes))
    body = {
        "title": good.title,
        "description": good.description,
        "category": good.category,
        "condition": good.condition,
        "sale_type": "auction",
        "fulfilment": list(good.fulfilment),
    }
    msgspec.convert(body, CreateListing)


@pytest.mark.parametrize("good", WORLD.goods, ids=lambda good: good.title)
def test_terms_are_possible_and_bids_of_the_past_rise(good: Good) -> None:
    sale = good.sale
    if isinstance(sale, FixedSale):
        assert sale.price > 0
        assert good.stage is None
        return
    assert isinstance(good.stage, (Live, Scheduled, Ended))
    assert 0 < sale.starting_price < sale.worth
    assert sale.reserve_price is None or sale.starting_price <= sale.reserve_price <= sale.worth
    assert sale.buy_now_price is None or sale.buy_now_price > max(sale.starting_price, sale.reserve_price or 0)
    if isinstance(good.stage, Ended):
        price = sale.starting_price - (sale.bid_increment or 1)
        leader = None
        for who, amount in good.stage.bids:
            assert amount >= price + (sale.bid_increment or 1)
            assert who not in (leader, good.seller)
            assert WORLD.person(who).role == "buyer"
            price, leader = amount, who


def test_names_titles_and_mails_are_unique() -> None:
    for values in (
        [person.email for person in WORLD.people],
        [person.name for person in WORLD.people],
        [good.title for good in WORLD.goods],
    ):
        assert len(values) == len(set(values))


def test_sellers_stay_within_the_free_listings() -> None:
    active = Counter(good.seller for good in WORLD.goods)
    market: Market = load_market("default")
    assert max(active.values()) <= min(market.free_active_listings, market.new_user_listings_per_hour)


def test_every_category_and_every_outcome_is_there() -> None:
    assert {good.category for good in WORLD.goods} == set(SCHEMAS)
    ended = [good for good in WORLD.goods if isinstance(good.stage, Ended)]
    sales = [good.sale for good in ended if isinstance(good.sale, AuctionSale)]
    assert any(sale.award == "seller_decides" for sale in sales)
    assert any(isinstance(good.stage, Ended) and not good.stage.bids for good in ended)
    assert sum(isinstance(good.stage, Live) for good in WORLD.goods) >= 20


def test_another_currency_scales_every_amount() -> None:
    scaled = sample_world("KZT", 500)
    assert scaled.currency == "KZT"
    for good, other in zip(WORLD.goods, scaled.goods, strict=True):
        if isinstance(good.sale, AuctionSale) and isinstance(other.sale, AuctionSale):
            assert other.sale.starting_price == good.sale.starting_price * 500
        if isinstance(good.stage, Ended) and isinstance(other.stage, Ended):
            assert [bid[1] for bid in other.stage.bids] == [bid[1] * 500 for bid in good.stage.bids]
