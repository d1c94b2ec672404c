"""Wins whose bids bound money (SPEC MON-5): a wallet pays with the hold itself, a card frees it, a cancellation too."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from outcry.auctions.audit import audit_auctions
from outcry.kernel.database import SYSTEM
from outcry.ledger import accounts
from outcry.ledger.audit import audit_ledger
from tests.payments import till
from tests.support.market import Person, TestMarket, served_market
from tests.support.sales import CURRENCY, Sale, a_won_sale, balanced, expect, fund, held, refused, ring_the_bell, wallet

pytestmark = pytest.mark.anyio

WINS = 4
PRICE = 2_000
WALLET = {"method": "wallet"}
# 2,000 with 5 % premium and 10 % tax on both.
TOTAL = 2_310
PREMIUM_MARKET = """
name = "fair"
title = "Fair"
currency = "USD"
currencies = ["USD"]
[fees]
buyer_premium_basis_points = 500
tax_basis_points = 1000
"""


@pytest.fixture
async def fair(database_url: str, tmp_path: Path) -> AsyncIterator[TestMarket]:
    """A market whose buyers pay more than they bid."""
    (tmp_path / "fair.toml").write_text(PREMIUM_MARKET)
    async with served_market(database_url, tmp_path, market=tmp_path / "fair.toml") as market:
        yield market


async def won(market: TestMarket, money: int = PRICE, **terms: Any) -> Sale:
    """Won at PRICE by somebody with `money`."""
    seller, winner = await market.sign_up("Seller"), await market.sign_up("Winner")
    await fund(market, winner, money)
    auction = await market.auction(seller, **{"bid_security": "full_hold", **terms})
    expect(await winner.bid(auction["id"], PRICE), 201)
    await ring_the_bell(market, auction["id"])
    (order,) = expect(await winner.get("/v1/orders"))["items"]
    return Sale(market, seller, winner, order)


async def bound(market: TestMarket, person: Person) -> int:
    return await till.balance(market, accounts.held(UUID(person.id), CURRENCY))


async def movements(sale: Sale) -> list[tuple[str, dict[str, int]]]:
    """What moved the escrow of the order: kind, and amount by kind of account."""
    async with sale.market.outcry.database.transaction(SYSTEM) as tx:
        rows = await tx.all(
            "SELECT t.kind, a.kind AS account, e.amount FROM ledger_transfers t JOIN ledger_entries e"
            " ON e.transfer_id = t.id JOIN ledger_accounts a ON a.id = e.account_id WHERE t.id IN (SELECT transfer_id"
            " FROM ledger_entries JOIN ledger_accounts ON id = account_id WHERE kind = 'escrow' AND owner_id = :id)"
            " ORDER BY t.id, a.kind",
            {"id": UUID(sale.id)},
        )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.kind, {})[row.account] = row.amount
    return list(found.items())


async def proved(market: TestMarket) -> None:
    await balanced(market)
    assert await till.faults(market.outcry.database) == []
    for audit in (audit_ledger, audit_auctions):
        assert [str(fault) async for fault in audit(market.outcry.database)] == []


async def test_the_hold_itself_pays_in_one_transfer(market: TestMarket) -> None:
    sale = await won(market)
    assert (await wallet(market, sale.buyer), await bound(market, sale.buyer)) == (0, PRICE)
    order = expect(await sale.ask(sale.buyer, "pay", WALLET))["order"]
    assert (order["status"], order["payment"]["method"]) == ("in_escrow", "wallet")
    assert await movements(sale) == [("hold_captured", {"escrow": PRICE, "held": -PRICE})]
    assert (await wallet(market, sale.buyer), await bound(market, sale.buyer)) == (0, 0)
    hold = await till.scalar(market, "SELECT status FROM ledger_holds WHERE user_id = :id", id=UUID(sale.buyer.id))
    assert hold == "captured"
    await proved(market)
    # What a hold paid goes back to the wallet, free.
    expect(await sale.ask(sale.seller, "refund", {"reason": "It broke"}))
    assert await wallet(market, sale.buyer) == PRICE
    await proved(market)


async def test_premium_and_tax_come_from_what_is_available(fair: TestMarket) -> None:
    sale = await won(fair, TOTAL)
    assert sale.order["total"] == TOTAL
    assert (await wallet(fair, sale.buyer), await bound(fair, sale.buyer)) == (TOTAL - PRICE, PRICE)
    expect(await sale.ask(sale.buyer, "pay", WALLET))
    assert await movements(sale) == [
        ("hold_captured", {"escrow": PRICE, "held": -PRICE}),
        ("order_paid", {"available": PRICE - TOTAL, "escrow": TOTAL - PRICE}),
    ]
    assert (await wallet(fair, sale.buyer), await held(fair, sale.id)) == (0, TOTAL)
    await proved(fair)


async def test_without_the_difference_the_hold_stays_and_pays_later(fair: TestMarket) -> None:
    sale = await won(fair, TOTAL - 1)
    refused(await sale.ask(sale.buyer, "pay", WALLET), 402, "insufficient_funds", currency=CURRENCY)
    assert (await wallet(fair, sale.buyer), await bound(fair, sale.buyer)) == (TOTAL - 1 - PRICE, PRICE)
    assert (await sale.read())["status"] == "pending_payment"
    await fund(fair, sale.buyer, 1)
    expect(await sale.ask(sale.buyer, "pay", WALLET))
    assert (await wallet(fair, sale.buyer), await bound(fair, sale.buyer)) == (0, 0)
    await proved(fair)


async def test_an_offer_above_the_hold_takes_the_rest_from_the_wallet(market: TestMarket) -> None:
    seller, winner = await market.sign_up(), await market.sign_up()
    await fund(market, winner, 3 * PRICE)
    auction = await market.auction(seller, bid_security="full_hold", reserve_price=9_000)
    expect(await winner.bid(auction["id"], PRICE), 201)
    await ring_the_bell(market, auction["id"])
    decision = {"action": "counter", "amount": 5_000}
    offer = expect(await seller.post(f"/v1/auctions/{auction['id']}/decision", decision))["counter_offer"]
    expect(await winner.post(f"/v1/counter-offers/{offer['id']}/response", {"action": "accept"}))
    (order,) = expect(await winner.get("/v1/orders"))["items"]
    sale = Sale(market, seller, winner, order)
    expect(await sale.ask(winner, "pay", WALLET))
    assert dict(await movements(sale))["hold_captured"] == {"escrow": PRICE, "held": -PRICE}
    assert (await wallet(market, winner), await bound(market, winner)) == (1_000, 0)
    await proved(market)


@pytest.mark.parametrize("deposit", [500, PRICE + 700])
async def test_a_deposit_is_the_first_part_of_the_price(market: TestMarket, deposit: int) -> None:
    sale = await won(market, 2 * PRICE, bid_security="deposit", deposit_amount=deposit)
    assert await bound(market, sale.buyer) == deposit
    expect(await sale.ask(sale.buyer, "pay", WALLET))
    captured = min(deposit, PRICE)
    legs = {"escrow": captured, "held": -deposit, **({"available": deposit - captured} if deposit > PRICE else {})}
    assert dict(await movements(sale))["hold_captured"] == legs
    assert (await wallet(market, sale.buyer), await bound(market, sale.buyer)) == (PRICE, 0)
    await proved(market)


async def test_paid_many_times_at_once_the_hold_is_captured_once(fair: TestMarket) -> None:
    sale = await won(fair, 4 * TOTAL)
    answers = await asyncio.gather(*(sale.ask(sale.buyer, "pay", WALLET) for _ in range(8)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"already_paid"}
    assert (await wallet(fair, sale.buyer), await held(fair, sale.id)) == (3 * TOTAL, TOTAL)
    await proved(fair)


async def test_called_off_instead_the_hold_is_free_and_pays_no_more(market: TestMarket) -> None:
    sale = await won(market)
    expect(await sale.ask(sale.seller, "cancel", {"reason": "It broke"}))
    assert (await wallet(market, sale.buyer), await bound(market, sale.buyer)) == (PRICE, 0)
    refused(await sale.ask(sale.buyer, "pay", WALLET), 409, "order_cancelled")
    assert await wallet(market, sale.buyer) == PRICE
    await proved(market)


async def test_paid_and_called_off_at_once_is_one_of_the_two(market: TestMarket) -> None:
    for _ in range(3):
        sale = await won(market)
        paid, called_off = await asyncio.gather(
            sale.ask(sale.buyer, "pay", WALLET), sale.ask(sale.seller, "cancel", {"reason": "It broke"})
        )
        assert sorted((paid.status_code, called_off.status_code)) == [200, 409]
        is_paid = paid.status_code == 200
        assert await wallet(market, sale.buyer) == (0 if is_paid else PRICE)
        assert (await held(market, sale.id), await bound(market, sale.buyer)) == (PRICE if is_paid else 0, 0)
    await proved(market)


async def test_a_winner_who_lets_the_time_pass_has_the_hold_back(market: TestMarket) -> None:
    sale, _ = await a_won_sale(market)
    await sale.due("pay_by")
    secured = await won(market)
    await secured.due("pay_by")
    assert (await market.outcry.order_deadlines.move_due()).unpaid == 2
    assert (await wallet(market, secured.buyer), await bound(market, secured.buyer)) == (PRICE, 0)
    await proved(market)


async def test_wins_paid_by_card_beside_top_ups_free_their_holds(market: TestMarket) -> None:
    seller, winner = await market.sign_up(), await market.sign_up()
    await fund(market, winner, WINS * PRICE)
    for _ in range(WINS):
        auction = await market.auction(seller, bid_security="full_hold")
        expect(await winner.bid(auction["id"], PRICE), 201)
        await ring_the_bell(market, auction["id"])
    assert await wallet(market, winner) == 0
    orders = expect(await winner.get("/v1/orders"))["items"]
    pages = [expect(await winner.post(f"/v1/orders/{order['id']}/pay", {"method": "card"})) for order in orders]
    await asyncio.gather(
        *(till.pay(market.client, page["checkout_url"]) for page in pages),
        *(till.top_up(market, winner, 1_000) for _ in range(WINS)),
    )
    for order in orders:

        async def in_escrow(order_id: str = order["id"]) -> bool:
            return expect(await winner.get(f"/v1/orders/{order_id}"))["status"] == "in_escrow"

        await till.until(in_escrow)
        assert await held(market, order["id"]) == PRICE
    assert await wallet(market, winner) == WINS * PRICE + WINS * 1_000
    await proved(market)
