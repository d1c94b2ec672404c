"""Wallets over HTTP (SPEC MON-2): balances, history, statement, grants; the staff's look-ups; leaving with money."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from outcry.kernel.database import SYSTEM
from outcry.kernel.ids import new_id
from outcry.ledger import accounts
from outcry.ledger.service import HoldMove, Transfer, legs
from tests.support.market import Person, TestMarket

pytestmark = pytest.mark.anyio


async def grant(market: TestMarket, person: Person, amount: int, currency: str = "USD", **more: Any) -> Any:
    body = {"user_id": person.id, "amount": amount, "currency": currency}
    return await market.client.post("/v1/dev/grant", json=body, **more)


async def hold(market: TestMarket, person: Person, amount: int, subject_id: UUID) -> None:
    async with market.outcry.database.transaction(SYSTEM) as tx:
        await market.outcry.ledger.place_hold(
            await tx.driver(),
            user_id=UUID(person.id),
            currency="USD",
            amount=amount,
            subject_id=subject_id,
            purpose="bid",
            key=f"test:{subject_id}",
        )


async def test_a_wallet_shows_each_currency_by_itself(market: TestMarket) -> None:
    ann = await market.sign_up()
    assert (await ann.get("/v1/wallet")).json() == {
        "balances": [{"currency": "USD", "available": 0, "held": 0}],
        "gas": 0,
    }
    given = await grant(market, ann, 5000)
    assert (given.status_code, given.json()["balances"][0]["available"]) == (200, 5000)
    await grant(market, ann, 300, "EUR")
    await hold(market, ann, 1200, new_id())
    assert (await ann.get("/v1/wallet")).json()["balances"] == [
        {"currency": "USD", "available": 3800, "held": 1200},
        {"currency": "EUR", "available": 300, "held": 0},
    ]
    assert (await market.client.get("/v1/wallet")).status_code == 401


async def test_a_grant_says_what_is_wrong_and_repeats_harmlessly(market: TestMarket) -> None:
    ann = await market.sign_up()
    for body, status, field in (
        ({"user_id": ann.id, "amount": 0, "currency": "USD"}, 422, "/amount"),
        ({"user_id": ann.id, "amount": 10**16, "currency": "USD"}, 422, "/amount"),
        ({"user_id": ann.id, "amount": 5, "currency": "XXX"}, 422, "/currency"),
        ({"user_id": str(new_id()), "amount": 5, "currency": "USD"}, 404, None),
    ):
        answer = await market.client.post("/v1/dev/grant", json=body)
        assert answer.status_code == status, answer.text
        if field is not None:
            assert answer.json()["errors"][0]["field"] == field
    headers = {"Idempotency-Key": "one grant"}
    for _ in range(2):
        assert (await grant(market, ann, 70, headers=headers)).json()["balances"][0]["available"] == 70
    assert (await grant(market, ann, 71, headers=headers)).json()["code"] == "idempotency_key_reused"


async def test_the_history_is_paged_and_complete(market: TestMarket) -> None:
    ann, bob = await market.sign_up(), await market.sign_up()
    await grant(market, bob, 9)
    auction = new_id()
    for amount in range(1, 8):
        await grant(market, ann, amount * 100)
    await grant(market, ann, 5, "EUR")
    await hold(market, ann, 450, auction)
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await ann.get(f"/v1/wallet/entries?limit=3{cursor}")).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len({item["id"] for item in seen}) == len(seen) == 10
    assert [(item["kind"], item["bucket"], item["amount"], item["currency"]) for item in seen[-7:]] == [
        ("grant", "available", amount * 100, "USD") for amount in range(7, 0, -1)
    ]
    holds = {item["bucket"]: item for item in seen if item["kind"] == "hold"}
    assert (holds["available"]["amount"], holds["available"]["balance_after"]) == (-450, 2350)
    assert (holds["held"]["amount"], holds["held"]["balance_after"]) == (450, 450)
    assert holds["held"]["subject_id"] == str(auction)
    euros = (await ann.get("/v1/wallet/entries?currency=EUR")).json()["items"]
    assert [item["amount"] for item in euros] == [5]
    assert (await ann.get("/v1/wallet/entries?cursor=nonsense")).status_code == 422
    assert (await ann.get("/v1/wallet/entries?currency=dollars")).status_code == 422


async def test_the_statement_is_csv_of_one_currency(market: TestMarket) -> None:
    ann = await market.sign_up()
    await grant(market, ann, 12345)
    await grant(market, ann, 7, "EUR")
    await hold(market, ann, 45, new_id())
    answer = await ann.get("/v1/wallet/statement.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {(row["kind"], row["bucket"], row["amount"], row["balance_after"], row["currency"]) for row in rows} == {
        ("grant", "available", "123.45", "123.45", "USD"),
        ("hold", "available", "-0.45", "123.00", "USD"),
        ("hold", "held", "0.45", "0.45", "USD"),
    }
    assert rows[0]["kind"] == "grant"
    today = rows[0]["at"][:10]
    assert len((await ann.get(f"/v1/wallet/statement.csv?from={today}&to={today}")).text.splitlines()) == 4
    assert len((await ann.get("/v1/wallet/statement.csv?to=2020-01-01")).text.splitlines()) == 1
    assert (await ann.get("/v1/wallet/statement.csv?from=2020-01-02&to=2020-01-01")).status_code == 422
    assert (await ann.get("/v1/wallet/statement.csv?from=soon")).status_code == 422


async def test_staff_looks_into_the_ledger_and_others_do_not(market: TestMarket) -> None:
    ann, sam = await market.sign_up(), await market.sign_up()
    await grant(market, ann, 100)
    assert (await ann.get("/v1/admin/ledger/accounts")).status_code == 403
    await market.client.post("/v1/dev/role", json={"user_id": sam.id, "role": "support"})
    found = (await sam.get(f"/v1/admin/ledger/accounts?owner_id={ann.id}&kind=available&currency=USD")).json()["items"]
    assert [(one["kind"], one["balance"], one["entry_count"]) for one in found] == [("available", 100, 1)]
    assert (await sam.get("/v1/admin/ledger/accounts?kind=purse")).status_code == 422
    entries = (await sam.get(f"/v1/admin/ledger/accounts/{found[0]['id']}/entries")).json()["items"]
    assert [(one["seq"], one["amount"]) for one in entries] == [(1, 100)]
    transfer = (await sam.get(f"/v1/admin/ledger/transfers/{entries[0]['transfer_id']}")).json()
    assert {(leg["account"]["kind"], leg["amount"]) for leg in transfer["legs"]} == {
        ("available", 100), ("grants", -100),
    }  # fmt: skip
    for path in (f"accounts/{new_id()}/entries", f"transfers/{new_id()}"):
        assert (await sam.get(f"/v1/admin/ledger/{path}")).status_code == 404
    everything = (await sam.get("/v1/admin/ledger/accounts?limit=1")).json()
    rest = await sam.get(f"/v1/admin/ledger/accounts?limit=5&cursor={everything['next_cursor']}")
    assert len(rest.json()["items"]) == 1


async def test_moves_of_holds_are_lines_with_their_subject_for_all_who_look(market: TestMarket) -> None:
    ann, sam = await market.sign_up(), await market.sign_up()
    await grant(market, ann, 900)
    one, two = new_id(), new_id()
    for amounts in ((300, 0), (0, 250), (100, 200)):
        moves = [HoldMove(UUID(ann.id), *pair) for pair in zip((one, two), ("USD", "USD"), amounts, strict=True)]
        async with market.outcry.database.transaction(SYSTEM) as tx:
            await market.outcry.ledger.move_holds(await tx.driver(), moves)
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await ann.get(f"/v1/wallet/entries?limit=2{cursor}")).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    told = [(line["kind"], line["subject_id"], line["amount"], line["balance_after"]) for line in seen]
    free = [line for line, item in zip(told, seen, strict=True) if item["bucket"] == "available"]
    assert free == [
        ("hold", str(one), -100, 600), ("hold_released", str(two), 50, 700),
        ("hold", str(two), -250, 650), ("hold_released", str(one), 300, 900),
        ("hold", str(one), -300, 600), ("grant", None, 900, 900),
    ]  # fmt: skip
    assert len({line["id"] for line in seen}) == len(seen) == 11
    rows = list(csv.DictReader(io.StringIO((await ann.get("/v1/wallet/statement.csv")).text)))
    assert [row["amount"] for row in rows if row["bucket"] == "held"] == ["3.00", "-3.00", "2.50", "-0.50", "1.00"]
    exported = (await ann.get("/v1/users/me/export")).json()["wallet_entries"]
    assert {line["id"] for line in exported} == {line["id"] for line in seen}

    await market.client.post("/v1/dev/role", json={"user_id": sam.id, "role": "support"})
    transfer = (await sam.get(f"/v1/admin/ledger/transfers/{seen[0]['transfer_id']}")).json()
    assert (transfer["kind"], transfer["subject_id"], transfer["at"]) == ("hold", str(one), seen[0]["at"])
    assert {(leg["account"]["kind"], leg["amount"], leg["balance_after"]) for leg in transfer["legs"]} == {
        ("available", -100, 600), ("held", 100, 300),
    }  # fmt: skip


async def test_an_account_with_money_is_not_deleted_and_the_ledger_outlives_it(market: TestMarket) -> None:
    ann, bob = await market.sign_up(), await market.sign_up()
    await grant(market, ann, 1500)
    auction = new_id()
    await hold(market, ann, 500, auction)
    refused = await ann.call("DELETE", "/v1/users/me")
    assert (refused.status_code, refused.json()["code"]) == (409, "wallet_not_empty")
    assert "10.00 USD" in refused.json()["detail"]
    assert "5.00 USD is held for bids" in refused.json()["detail"]
    assert (await ann.get("/v1/users/me")).status_code == 200

    mine, theirs = (accounts.available(UUID(person.id), "USD") for person in (ann, bob))
    async with market.outcry.database.transaction(SYSTEM) as tx:
        connection, ledger = await tx.driver(), market.outcry.ledger
        await ledger.release_hold(connection, user_id=UUID(ann.id), subject_id=auction, key="off")
        gas = legs((accounts.gas(UUID(ann.id)), 12), (accounts.gas_issued(), -12))
        gift = legs((mine, -1500), (theirs, 1500))
        await ledger.post(connection, [Transfer("gift", "gift", gift), Transfer("gas", "gas_bought", gas)])
    assert (await ann.get("/v1/wallet")).json()["gas"] == 12
    exported = (await ann.get("/v1/users/me/export")).json()
    assert exported["wallet"]["gas"] == 12
    assert {one["kind"] for one in exported["wallet_entries"]} == {
        "grant",
        "hold",
        "hold_released",
        "gift",
        "gas_bought",
    }
    assert (await ann.call("DELETE", "/v1/users/me")).status_code == 204
    async with market.outcry.database.transaction(SYSTEM) as tx:
        assert await market.outcry.ledger.balances(tx, [accounts.gas(UUID(ann.id))]) == {accounts.gas(UUID(ann.id)): 0}
        kept = "SELECT count(*) FROM ledger_entries WHERE account_id = :id"
        assert await tx.scalar(kept, {"id": mine.id}) == 4
