"""Orders of the sample world, brought where they are by their own people through the public API.

`delivered` is missing: only time takes an order there.
"""

from typing import Any, Literal

import msgspec

from outcry.demo.members import Member
from outcry.demo.stall import every_item, fresh_key

Stage = Literal["pending_payment", "in_escrow", "shipped", "completed", "disputed", "refunded", "cancelled"]
_PAID: frozenset[Stage] = frozenset({"in_escrow", "shipped", "completed", "disputed", "refunded"})
_SENT: frozenset[Stage] = frozenset({"shipped", "completed", "disputed"})


class Deal(msgspec.Struct, frozen=True):
    """Who buys, and how far the order goes; of a completed one, what the buyer says of it."""

    buyer: str
    stage: Stage
    stars: int = 5
    said: str = "Rebuilt as promised, and packed like a clock."


# All of one good at a fixed price, so that no auction is waited for. Alex's waits to be paid by whoever looks around.
GOOD = "Brava lever espresso machine, rebuilt, with grinder advice"
DEALS: tuple[Deal, ...] = (
    Deal("alex", "pending_payment"),
    Deal("sam", "in_escrow"),
    Deal("lea", "shipped"),
    Deal("bruno", "completed"),
    Deal("hana", "disputed"),
    Deal("nadia", "refunded"),
    Deal("tomas", "cancelled"),
    # So that who looks around sees what people say of a seller.
    Deal("priya", "completed", 5, "Pulled a perfect shot on the first morning. The grinder advice alone was worth it."),
    Deal("marco", "completed", 4, "Lovely machine. The gasket needed one more turn than the note said."),
    Deal("viktor", "completed", 5, "Answered every question the same day, then sent photographs of the packing."),
)


async def make_order(deal: Deal, buyer: Member, seller: Member, listing_id: str) -> bool:
    """Buy, and go on until the stage; False when this buyer has an order of the listing already. Raises Refused."""
    had = await every_item(buyer, "/v1/orders", role="buyer")
    if any(order["listing_id"] == listing_id for order in had):
        return False
    order = await _post(buyer, "/v1/orders", {"listing_id": listing_id, "quantity": 1})
    path = f"/v1/orders/{order['id']}"
    if deal.stage == "cancelled":
        await _post(buyer, f"{path}/cancel", {"reason": "Ordered twice"})
    if deal.stage not in _PAID:
        return True
    money = {"user_id": buyer.user_id, "amount": order["total"], "currency": order["currency"]}
    await _post(buyer, "/v1/dev/grant", money)
    await _post(buyer, f"{path}/pay", {"method": "wallet"})
    if deal.stage in _SENT:
        await _post(seller, f"{path}/ship", {"carrier": "Correios", "tracking": "RR 473 124 829 PT"})
    if deal.stage == "completed":
        await _post(buyer, f"{path}/confirm-delivery")
        # Blind until both have spoken, so both do.
        await _post(buyer, f"{path}/rating", {"stars": deal.stars, "comment": deal.said})
        await _post(seller, f"{path}/rating", {"stars": 5, "comment": "Paid at once and asked the right questions."})
    elif deal.stage == "refunded":
        await _post(seller, f"{path}/refund", {"reason": "The boiler leaks; I will not send it like this"})
    elif deal.stage == "disputed":
        words = {"reason": "damaged", "details": "The lever arrived bent, and the box shows why."}
        await _post(buyer, f"{path}/dispute", words)
    return True


async def _post(member: Member, path: str, body: Any = None) -> Any:
    return await member.call("POST", path, body, key=fresh_key("order"))
