"""A person's own copy of its data has its orders, disputes and ratings, and nobody else's words (SPEC ID-7)."""

from typing import Any

import pytest

from tests.support.market import Person, TestMarket
from tests.support.sales import as_owner, completed, delivered, expect

pytestmark = pytest.mark.anyio


async def export(person: Person) -> dict[str, Any]:
    return expect(await person.get("/v1/users/me/export"))


async def test_an_export_has_ones_own_disputes_and_ratings_and_no_more(market: TestMarket) -> None:
    seller, buyer, stranger = await market.sign_up("Sel"), await market.sign_up("Bea"), await market.sign_up("Eve")
    done, wrong = await completed(market, seller, buyer), await delivered(market, seller, buyer)
    expect(await buyer.post(f"/v1/orders/{done['id']}/rating", {"stars": 2, "comment": "Slow."}), 201)
    words = {"reason": "damaged", "details": "The lens is broken."}
    dispute = expect(await buyer.post(f"/v1/orders/{wrong['id']}/dispute", words), 201)["dispute"]
    for person, text in ((seller, "It was whole."), (buyer, "It was not.")):
        expect(await person.post(f"/v1/disputes/{dispute['id']}/evidence", {"text": text}), 201)

    mine, theirs = await export(buyer), await export(seller)
    assert [(order["id"], order["role"], order["status"]) for order in mine["orders"]] == [
        (wrong["id"], "buyer", "disputed"),
        (done["id"], "buyer", "completed"),
    ]
    (said,) = mine["disputes"]
    assert (said["id"], said["order_id"], said["role"], said["status"], said["details"]) == (
        dispute["id"], wrong["id"], "buyer", "open", "The lens is broken.",
    )  # fmt: skip
    assert [one["text"] for one in said["evidence"]] == ["It was not."]
    (heard,) = theirs["disputes"]
    assert (heard["role"], heard["details"], [one["text"] for one in heard["evidence"]]) == (
        "seller", None, ["It was whole."],
    )  # fmt: skip
    (given,) = mine["ratings"]
    assert (given["direction"], given["other_id"], given["stars"], given["comment"]) == ("given", seller.id, 2, "Slow.")
    assert theirs["ratings"] == [], "it is still blind"
    as_owner(market, "UPDATE ratings SET visible_at = now()")
    (received,) = (await export(seller))["ratings"]
    assert (received["direction"], received["other_id"], received["stars"]) == ("received", buyer.id, 2)

    for kept, other in ((mine, seller), (theirs, buyer)):
        assert other.session["user"]["email"] not in str(kept)
        assert other.session["user"]["display_name"] not in str(kept)
    nothing = await export(stranger)
    assert (nothing["orders"], nothing["disputes"], nothing["ratings"]) == ([], [], [])
