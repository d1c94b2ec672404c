"""Orders as their parties and staff see them, with what happened, what comes next and what the viewer may do."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from outcry.catalog import service as catalog
from outcry.identity.service import display_names
from outcry.kernel.access import Principal
from outcry.kernel.database import Transaction
from outcry.kernel.market import Market
from outcry.kernel.times import rfc3339, rfc3339_microseconds, to_microseconds
from outcry.orders import extras, queries, rules
from outcry.orders.extras import Extras
from outcry.orders.moves import LockedOrder
from outcry.orders.rules import HOLDING, Party, Status
from outcry.orders.schemas import (
    FeesView,
    NextView,
    OrderListing,
    OrderPayment,
    OrderPerson,
    OrderShipment,
    OrderView,
    TimelineEntry,
)


async def order_views(
    tx: Transaction, orders: Sequence[LockedOrder], viewer: Principal, market: Market
) -> list[OrderView]:
    """In the order given; the transaction's actor must be one who may see them."""
    ids = [order.id for order in orders]
    histories = await queries.histories(tx, ids)
    more = await extras.read_extras(tx, ids, viewer.user_id)
    pictures = await catalog.cover_urls(tx, [order.cover_id for order in orders if order.cover_id])
    names = await display_names(tx, [person for order in orders for person in (order.buyer_id, order.seller_id)])
    return [
        _view(order, viewer, histories[order.id], more.get(order.id, extras.NONE), pictures, names, market)
        for order in orders
    ]


def _seller_receives(order: LockedOrder) -> int:
    """As the order stands: less what went back to the buyer, and nothing once it was called off."""
    return 0 if order.status is Status.CANCELLED else order.settlement.seller_receives


def party_of(order: LockedOrder, viewer: Principal) -> Party:
    """On which side of the order the viewer is; staff only when it is not a party itself."""
    party = order.party_of(viewer.user_id)
    return Party.STAFF if party is Party.NOBODY and viewer.is_staff else party


def _view(
    order: LockedOrder,
    viewer: Principal,
    history: Sequence[Any],
    more: Extras,
    pictures: dict[UUID, str],
    names: dict[UUID, str],
    market: Market,
) -> OrderView:
    party = party_of(order, viewer)
    facts = order.facts(
        has_meeting=more.has_meeting,
        seller_answered=more.seller_answered,
        respond_by_us=more.respond_by_us,
        rated=more.rated,
        rate_until_us=_rate_until_us(order, market),
    )
    step = rules.next_step(facts, party)
    return OrderView(
        id=order.id,
        listing_id=order.listing_id,
        auction_id=order.auction_id,
        buyer_id=order.buyer_id,
        seller_id=order.seller_id,
        quantity=order.quantity,
        amount=order.amount,
        fees=FeesView(order.commission, order.escrow_fee, order.buyer_premium),
        tax=order.tax,
        total=order.total,
        seller_receives=_seller_receives(order),
        refunded_amount=order.refunded_amount,
        currency=order.currency,
        status=order.status,
        fulfilment=order.fulfilment,  # type: ignore[arg-type]
        fulfilment_options=order.fulfilment_options,  # type: ignore[arg-type]
        pay_by=rfc3339(order.pay_by),
        escrow_release_at=_at(order.escrow_release_at),
        delivered_at=_at(order.delivered_at),
        completed_at=_at(order.completed_at),
        cancelled_at=_at(order.cancelled_at),
        cancel_reason=order.cancel_reason,
        created_at=rfc3339(order.created_at),
        listing=OrderListing(order.title, pictures.get(order.cover_id) if order.cover_id else None),
        buyer=OrderPerson(order.buyer_id, names.get(order.buyer_id, "")),
        seller=OrderPerson(order.seller_id, names.get(order.seller_id, "")),
        payment=_payment(order),
        shipment=_shipment(order),
        meeting=more.meeting,
        dispute=more.dispute,
        rating=more.ratings,
        invoice_number=more.invoice_number,
        timeline=[
            TimelineEntry(line.kind, rfc3339(line.at), Party(line.by), line.amount, line.note) for line in history
        ],
        next=NextView(step.who, step.action, rfc3339_microseconds(step.by_us) if step.by_us else None),
        may=rules.may(facts, party),
        server_time=rfc3339(order.now),
    )


def _rate_until_us(order: LockedOrder, market: Market) -> int | None:
    if order.completed_at is None:
        return None
    return to_microseconds(order.completed_at + timedelta(days=market.rating_days))


def _payment(order: LockedOrder) -> OrderPayment | None:
    if order.paid_at is None or order.payment_method is None:
        return None
    status = "held" if order.status in HOLDING else "refunded" if order.status is Status.REFUNDED else "released"
    return OrderPayment(
        order.payment_method,  # type: ignore[arg-type]
        status,
        order.payment_provider,
        rfc3339(order.paid_at),
    )


def _shipment(order: LockedOrder) -> OrderShipment | None:
    if order.shipment is None or order.shipped_at is None:
        return None
    return OrderShipment(
        order.shipment["carrier"], order.shipment.get("tracking"), rfc3339(order.shipped_at), _at(order.deliver_by)
    )


def _at(instant: datetime | None) -> str | None:
    return rfc3339(instant) if instant else None
