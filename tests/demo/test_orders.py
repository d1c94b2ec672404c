"""The sample world's orders: one where each of its people would have it, made once."""

from pathlib import Path

import msgspec
import pytest

from outcry.demo.orders import DEALS, GOOD
from outcry.demo.seed import seed_world
from outcry.demo.world import World, sample_world
from tests.demo.test_seed_and_crowd import api, quick
from tests.orders.sales import expect
from tests.support.market import Person

pytestmark = pytest.mark.anyio


async def test_orders_are_where_their_people_left_them_and_made_once(database_url: str, tmp_path: Path) -> None:
    sample = sample_world()
    goods = tuple(msgspec.structs.replace(good, views=1) for good in sample.goods if good.title == GOOD)
    world = World(sample.people, goods)
    async with api(database_url, tmp_path) as client:
        first = await seed_world(client, world, draw=quick)
        assert (first.orders, first.faults) == (len(DEALS), [])
        again = await seed_world(client, world, draw=quick)
        assert (again.orders, again.faults) == (0, [])
        for deal in DEALS:
            login = {"email": world.person(deal.buyer).email, "password": "outcry-demo"}
            buyer = Person(client, expect(await client.post("/v1/auth/login", json=login)))
            (order,) = expect(await buyer.get("/v1/orders?role=buyer"))["items"]
            assert order["status"] == deal.stage
        seller = next(good.seller for good in goods)
        login = {"email": world.person(seller).email, "password": "outcry-demo"}
        me = expect(await client.post("/v1/auth/login", json=login))["user"]["id"]
        given = [deal.stars for deal in DEALS if deal.stage == "completed"]
        rating = expect(await client.get(f"/v1/users/{me}"))["rating"]
        assert (rating["average"], rating["count"]) == (sum(given) / len(given), len(given))
