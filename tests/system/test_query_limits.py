"""Every limit that the OpenAPI document declares for a query is kept, and the refusal names it (SPEC API-1, API-2)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.payments.till import make_staff
from tests.support.market import TestMarket

pytestmark = pytest.mark.anyio
NEEDED = {"/v1/fees/preview": {"amount": "1", "currency": "USD"}}


def beyond(schema: dict[str, Any]) -> Iterator[str]:
    """Values just outside what the schema allows."""
    if "maxLength" in schema:
        yield "a" * (schema["maxLength"] + 1)
    if "maximum" in schema:
        yield str(int(schema["maximum"]) + 1)
    if "minimum" in schema:
        yield str(int(schema["minimum"]) - 1)


async def test_what_goes_beyond_a_declared_limit_of_a_query_is_refused_by_its_name(market: TestMarket) -> None:
    staff = await market.sign_up()
    await make_staff(market, staff)
    document = (await market.client.get("/openapi.json")).json()
    tried: list[str] = []
    for path, operations in document["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        address = path
        for one in parameters:
            address = address.replace(f"{{{one['name']}}}", str(UUID(int=1)))
        for one in parameters:
            for value in beyond(one["schema"]) if one["in"] == "query" else ():
                query = httpx.QueryParams(NEEDED.get(path, {})).set(one["name"], value)
                answer = await staff.get(f"{address}?{query}")
                problem = answer.json()
                assert (answer.status_code, problem["code"]) == (422, "invalid_input"), answer.request.url
                assert one["name"] in {error["field"].strip("/") for error in problem["errors"]}, problem
                tried.append(f"{path} {one['name']}")
    assert {"/v1/listings q", "/v1/listings price_min", "/v1/auctions cursor"} <= set(tried)
