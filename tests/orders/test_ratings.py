"""Ratings (SPEC ORD-8): one by each party of a completed order, blind until both have rated or the time is over."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.database import PUBLIC, SYSTEM, Actor
from outcry.kernel.ids import new_id
from tests.support.market import Person, TestMarket
from tests.support.sales import as_owner, completed, paid

pytestmark = pytest.mark.anyio


async def rate(person: Person, order: dict[str, Any], stars: int = 5, comment: str = "As described.") -> Any:
    return await person.post(f"/v1/orders/{order['id']}/rating", {"stars": stars, "comment": comment})


async def profile(market: TestMarket, person: Person) -> dict[str, Any]:
    rating = (await market.client.get(f"/v1/users/{person.id}")).json()["rating"]
    by_stars = rating.pop("by_stars")
    assert sum(by_stars) == rating["count"]
    if rating["count"]:
        assert sum(stars * given for stars, given in enumerate(by_stars, 1)) / rating["count"] == rating["average"]
    return rating


async def said_of(market: TestMarket, person: Person, query: str = "") -> Any:
    return (await market.client.get(f"/v1/users/{person.id}/ratings{query}")).json()


async def test_blind_until_both_have_rated(market: TestMarket) -> None:
    seller, buyer = await market.sign_up("Sel"), await market.sign_up("Bea")
    order = await completed(market, seller, buyer)
    assert order["may"] == ["rate"]
    mine = (await rate(buyer, order, 4, "  Quick and kind.  ")).json()
    assert mine["rating"]["mine"] == {**mine["rating"]["mine"], "stars": 4, "comment": "Quick and kind."}
    assert (mine["may"], mine["rating"]["theirs"]) == ([], None)
    blind = (await seller.get(f"/v1/orders/{order['id']}")).json()
    assert blind["rating"] == {"mine": None, "theirs": None}
    assert blind["may"] == ["rate"]
    assert "Quick" not in str(blind), "the other one knows that, not what"
    assert await profile(market, seller) == {"average": None, "count": 0}
    assert (await said_of(market, seller))["items"] == []
    both = (await rate(seller, order, 5, "Paid at once.")).json()
    assert (both["rating"]["mine"]["stars"], both["rating"]["theirs"]["comment"]) == (5, "Quick and kind.")
    assert await profile(market, seller) == {"average": 4.0, "count": 1}
    assert await profile(market, buyer) == {"average": 5.0, "count": 1}
    (item,) = (await said_of(market, seller))["items"]
    assert (item["stars"], item["by"], item["as_a"], item["listing_title"]) == (
        4,
        "Bea",
        "seller",
        "Rangefinder camera",
    )
    assert (await said_of(market, buyer))["items"][0]["as_a"] == "buyer"


async def test_one_who_says_nothing_hides_it_for_two_weeks_and_then_is_too_late(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    order = await completed(market, seller, buyer)
    assert (await rate(buyer, order, 2, "Late.")).status_code == 201
    ago = "13 days 23 hours"
    as_owner(market, "UPDATE orders SET completed_at = completed_at - CAST(%s AS interval)", ago)
    as_owner(market, "UPDATE ratings SET visible_at = visible_at - CAST(%s AS interval)", ago)
    assert await profile(market, seller) == {"average": None, "count": 0}
    as_owner(market, "UPDATE orders SET completed_at = completed_at - interval '1 hour'")
    as_owner(market, "UPDATE ratings SET visible_at = visible_at - interval '1 hour'")
    assert await profile(market, seller) == {"average": 2.0, "count": 1}
    shown = (await seller.get(f"/v1/orders/{order['id']}")).json()
    assert (shown["rating"]["theirs"]["stars"], shown["may"]) == (2, [])
    late = await rate(seller, order, 1, "An answer to that.")
    assert (late.status_code, late.json()["code"]) == (409, "rating_closed")


async def test_row_security_keeps_the_blind_blind(market: TestMarket) -> None:
    seller, buyer, stranger = await market.sign_up(), await market.sign_up(), await market.sign_up()
    order = await completed(market, seller, buyer)
    await rate(buyer, order)
    for actor, seen in (
        (Actor.user(UUID(buyer.id)), 1), (Actor.user(UUID(seller.id)), 0), (Actor.user(UUID(stranger.id)), 0),
        (PUBLIC, 0), (SYSTEM, 1),
    ):  # fmt: skip
        async with market.outcry.database.transaction(actor) as tx:
            assert await tx.scalar("SELECT count(*) FROM ratings") == seen
    for statement in ("UPDATE ratings SET stars = 5", "UPDATE ratings SET comment = ''", "DELETE FROM ratings"):
        with pytest.raises(Exception, match="permission denied"):
            async with market.outcry.database.transaction(SYSTEM) as tx:
                await tx.run(statement)


async def test_who_may_rate_what(market: TestMarket) -> None:
    seller, buyer, stranger = await market.sign_up(), await market.sign_up(), await market.sign_up()
    held = await paid(market, seller, buyer)
    early = await rate(buyer, held)
    assert (early.status_code, early.json()["code"], early.json()["order_status"]) == (
        409, "not_rateable", "in_escrow",
    )  # fmt: skip
    order = await completed(market, seller, buyer)
    assert (await rate(stranger, order)).status_code == 404
    assert (await market.client.post(f"/v1/orders/{order['id']}/rating", json={"stars": 5})).status_code == 401
    for body, field in (
        ({"stars": 0}, "/stars"), ({"stars": 6}, "/stars"), ({"stars": 4.5}, "/stars"), ({}, "/stars"),
        ({"stars": 5, "comment": "x" * 1_001}, "/comment"), ({"stars": 5, "comment": "a\x00b"}, "/comment"),
        ({"stars": 5, "surprise": 1}, "/surprise"),
    ):  # fmt: skip
        answer = await buyer.post(f"/v1/orders/{order['id']}/rating", body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
    assert (await buyer.post(f"/v1/orders/{order['id']}/rating", {"stars": 3})).status_code == 201
    again = await rate(buyer, order)
    assert (again.status_code, again.json()["code"]) == (409, "already_rated")
    assert (await market.client.get(f"/v1/users/{new_id()}/ratings")).json() == {"items": [], "next_cursor": None}


async def test_both_at_once_reveal_each_other(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    order = await completed(market, seller, buyer)
    answers = await asyncio.gather(*(rate(person, order) for person in (buyer, seller) * 3))
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: 4}
    assert await profile(market, seller) == await profile(market, buyer) == {"average": 5.0, "count": 1}


async def test_a_profile_shows_the_average_and_pages_of_what_was_said(market: TestMarket) -> None:
    seller, buyer = await market.sign_up(), await market.sign_up()
    for stars in (5, 4, 4, 1, 5):
        order = await completed(market, seller, buyer)
        await rate(seller, order)
        await rate(buyer, order, stars, f"{stars} stars")
    assert await profile(market, seller) == {"average": 3.8, "count": 5}
    seen: list[int] = []
    query = "?limit=2"
    while True:
        page = await said_of(market, seller, query)
        seen += [item["stars"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"?limit=2&cursor={page['next_cursor']}"
    assert seen == [5, 1, 4, 4, 5]
