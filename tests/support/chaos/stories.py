"""What happens at least once whatever the dice say: whole stories, one for every kind of movement of money."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle
from typing import Any

import msgspec

from tests.support.chaos.bidding import INCREMENT, STARTING_PRICE, open_auction
from tests.support.chaos.purses import FAILING_BANK, LEAST_MINOR, PAID_BANK, buy_gas, open_account, take_out, top_up
from tests.support.chaos.trader import PRICE, Trader
from tests.support.chaos.trading import DECLINED, DISPUTED, GOOD, UNREFUNDABLE, give_back, pay_page

AUCTION_SECONDS = 2
# What the ledger must have moved when all stories are told.
MOVEMENTS = frozenset(
    {
        "grant", "top_up", "gas", "order_paid", "refund", "refund_sent", "refund_failed", "release", "withdrawal",
        "withdrawal_paid", "withdrawal_failed", "hold", "hold_captured", "hold_released", "chargeback",
    }
)  # fmt: skip


class Cast(msgspec.Struct, frozen=True):
    """Who a story is about."""

    seller: Trader
    buyer: Trader
    staff: Trader

    async def order(self, quantity: int = 2) -> dict[str, Any]:
        listing_id = await self.seller.sell(quantity)
        order = await self.buyer.must("/v1/orders", {"listing_id": listing_id, "quantity": quantity})
        self.buyer.answered.bought.add(order["id"])
        return order

    async def paid_by_wallet(self) -> dict[str, Any]:
        """An order with its money in escrow; the buyer gets it from a good card first."""
        order = await self.order()
        await self.funded(order["total"])
        paid = await self.buyer.must(f"/v1/orders/{order['id']}/pay", {"method": "wallet"})
        self.buyer.answered.paid.add(order["id"])
        return paid["order"]

    async def paid_by_card(self, *numbers: str) -> dict[str, Any]:
        """The same by card; the last of the numbers is one that pays."""
        return await self.charged(await self.order(), *numbers)

    async def charged(self, order: dict[str, Any], *numbers: str) -> dict[str, Any]:
        """The order, paid by the last of these cards."""
        body = {"method": "card", "return_url": f"/orders/{order['id']}"}
        page = (await self.buyer.must(f"/v1/orders/{order['id']}/pay", body))["checkout_url"]
        for number in numbers:
            await pay_page(self.buyer, page, number)
        return await self.buyer.until(f"/v1/orders/{order['id']}", _is("in_escrow"))

    async def won(self) -> dict[str, Any]:
        """An order of an auction that has bound the buyer's money."""
        seconds, bid = AUCTION_SECONDS, {"amount": STARTING_PRICE + INCREMENT}
        auction = await open_auction(self.seller, "full_hold", seconds)
        while not (answer := await self.buyer.post(f"/v1/auctions/{auction['id']}/bids", bid)).is_success:
            assert answer.json()["code"] == "auction_not_live", answer.text
            # This machine is slow: it was over before the bid came.
            seconds *= 2
            auction = await open_auction(self.seller, "full_hold", seconds)
        self.buyer.answered.bids.add(answer.json()["bid"]["id"])
        page = await self.buyer.until("/v1/orders?role=buyer&limit=100", _has({"auction_id": auction["id"]}))
        (order,) = (one for one in page["items"] if one["auction_id"] == auction["id"])
        return order

    async def funded(self, amount: int) -> None:
        """So much more in the buyer's wallet."""
        top_up_id = await top_up(self.buyer, amount, GOOD)
        assert top_up_id is not None
        await self.buyer.until(f"/v1/wallet/top-ups/{top_up_id}", _is("succeeded"))

    async def disputed(self) -> dict[str, Any]:
        """An order that the buyer disputes and the seller has answered for; its dispute."""
        order = await self.paid_by_wallet()
        body = {"reason": "damaged", "details": "It came in two parts."}
        dispute = (await self.buyer.must(f"/v1/orders/{order['id']}/dispute", body))["dispute"]
        await self.seller.must(f"/v1/disputes/{dispute['id']}/evidence", {"text": "It left in one."})
        return {**dispute, "order_id": order["id"], "total": order["total"]}

    async def finished(self, order: dict[str, Any], back: int = 0) -> None:
        """A part goes back, the rest is sent, arrives and is released."""
        if back:
            await give_back(self.seller, order["id"], back)
        await self.seller.must(f"/v1/orders/{order['id']}/ship", {"carrier": "Post", "tracking": "RR 1"})
        await self.buyer.must(f"/v1/orders/{order['id']}/confirm-delivery")


async def paid_out_of_the_wallet(cast: Cast) -> None:
    order = await cast.paid_by_wallet()
    await cast.finished(order, back=PRICE // 3)


async def paid_by_the_second_card(cast: Cast) -> None:
    order = await cast.paid_by_card(DECLINED, GOOD)
    await cast.finished(order, back=PRICE // 3)


async def given_back_to_a_card_that_does_not_take_it(cast: Cast) -> None:
    order = await cast.paid_by_card(UNREFUNDABLE)
    await give_back(cast.seller, order["id"], order["total"])


async def handed_over(cast: Cast) -> None:
    """The code is scanned twice at once, with two keys: it releases once."""
    order = await cast.paid_by_wallet()
    code = (await cast.buyer.get(f"/v1/orders/{order['id']}/qr"))["code"]
    path = f"/v1/orders/{order['id']}/verify"
    released = await cast.seller.twice(path, {"code": code}, once=True, same_key=False)
    assert len(released) == 1, released


async def given_back_twice_at_once(cast: Cast) -> None:
    order = await cast.paid_by_wallet()
    body = {"amount": order["total"], "reason": "Sold out"}
    done = await cast.seller.twice(f"/v1/orders/{order['id']}/refund", body, once=True, same_key=False)
    assert len(done) == 1, done
    cast.seller.answered.given_back[order["id"]] += order["total"]


async def called_off(cast: Cast) -> None:
    order = await cast.order()
    await cast.buyer.must(f"/v1/orders/{order['id']}/cancel", {"reason": "Found a nearer one"})


async def disputed_and_withdrawn(cast: Cast) -> None:
    dispute = await cast.disputed()
    await cast.buyer.must(f"/v1/disputes/{dispute['id']}/withdraw")


async def disputed_and_decided(cast: Cast) -> None:
    """Three times: all goes back, a part, nothing."""
    for share in (1.0, 0.4, 0.0):
        dispute = await cast.disputed()
        amount = int(dispute["total"] * share)
        body = {"refund_amount": amount, "note": "As the evidence shows."}
        await cast.staff.must(f"/v1/admin/disputes/{dispute['id']}/resolve", body)
        cast.staff.answered.given_back[dispute["order_id"]] += amount


async def withdrawn(cast: Cast) -> None:
    """To a bank that takes it, and to one that does not."""
    for person, number, status in ((cast.buyer, PAID_BANK, "paid"), (cast.seller, FAILING_BANK, "failed")):
        await open_account(person, number)
        await person.until("/v1/wallet/payout-account", _is("ready"))
        await Cast(cast.buyer, person, cast.staff).funded(2 * LEAST_MINOR)
        (withdrawal, *_) = await take_out(person, LEAST_MINOR)
        settled = {"id": withdrawal["id"], "status": status}
        await person.until("/v1/wallet/withdrawals?limit=100", _has(settled))


async def gas_bought(cast: Cast) -> None:
    await cast.funded(PRICE)
    await buy_gas(cast.buyer, 5)


async def won_and_paid(cast: Cast) -> None:
    """What the bid has bound pays by itself; when a card pays, it is free again."""
    await cast.funded(2 * STARTING_PRICE)
    order = await cast.won()
    await cast.buyer.must(f"/v1/orders/{order['id']}/pay", {"method": "wallet"})
    cast.buyer.answered.paid.add(order["id"])
    await cast.finished(order)
    await cast.funded(2 * STARTING_PRICE)
    await cast.finished(await cast.charged(await cast.won(), GOOD))


async def taken_back_by_a_bank(cast: Cast) -> None:
    """Of a top-up and of an order; the market loses what is spent already."""
    top_up_id = await top_up(cast.buyer, PRICE, DISPUTED)
    order = await cast.paid_by_card(DISPUTED)
    await cast.buyer.until(f"/v1/wallet/top-ups/{top_up_id}", _is("succeeded"))

    def disputed(shown: Any) -> bool:
        return any(entry["kind"] == "bank_dispute_opened" for entry in shown["timeline"])

    # Both disputes are the bank's to open, and to decide when everybody is done.
    await cast.buyer.until(f"/v1/orders/{order['id']}", disputed)


def _is(status: str) -> Callable[[Any], bool]:
    return lambda shown: shown.get("status") == status


def _has(members: dict[str, Any]) -> Callable[[Any], bool]:
    return lambda page: any(members.items() <= one.items() for one in page["items"])


STORIES: Sequence[Callable[[Cast], Awaitable[None]]] = (
    paid_out_of_the_wallet,
    paid_by_the_second_card,
    given_back_to_a_card_that_does_not_take_it,
    handed_over,
    given_back_twice_at_once,
    called_off,
    disputed_and_withdrawn,
    disputed_and_decided,
    withdrawn,
    gas_bought,
    won_and_paid,
    taken_back_by_a_bank,
)


async def tell_all(people: Sequence[Trader], staff: Trader) -> None:
    """Every story, at once, each with a seller and a buyer who follow one another."""
    places = cycle(range(len(people)))
    pairs = [(people[place], people[place - 1]) for place, _ in zip(places, STORIES, strict=False)]
    await asyncio.gather(*(tell(Cast(*pair, staff)) for tell, pair in zip(STORIES, pairs, strict=True)))
