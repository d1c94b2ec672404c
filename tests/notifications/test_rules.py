"""What events make, collapse and settle; pure."""

from itertools import count
from uuid import UUID

from outcry.notifications.rules import About, Fact, Kind, Notification, fold

ME = UUID(int=1)
CAMERA, CLOCK = UUID(int=10), UUID(int=11)
IDS = count(100)


def folded(*said: tuple[str, About], unread: list[Notification] | None = None) -> list[Notification]:
    facts = [Fact(UUID(int=1000 + at), kind, about, at_us=at) for at, (kind, about) in enumerate(said, start=1)]
    return fold(ME, unread or [], facts, lambda: UUID(int=next(IDS)))


def shown(rows: list[Notification]) -> list[tuple[Kind, bool]]:
    return [(row.kind, row.read_at_us is not None) for row in rows]


def outbid(auction: UUID, price: int) -> tuple[str, About]:
    return "outbid", About(auction_id=auction, current_price=price, currency="USD")


def order(role: str, auction: UUID | None = CAMERA, status: str = "pending_payment") -> tuple[str, About]:
    return "order_updated", About(auction_id=auction, order_id=UUID(int=5), role=role, status=status, amount=900)


def test_one_unread_of_a_kind_about_an_auction_with_the_newest_price() -> None:
    rows = folded(outbid(CAMERA, 100), outbid(CLOCK, 7), outbid(CAMERA, 300))
    assert [(row.subject, row.about.current_price) for row in rows] == [(CAMERA, 300), (CLOCK, 7)]
    (again,) = folded(outbid(CAMERA, 500), unread=rows[:1])
    assert (again.id, again.about.current_price) == (rows[0].id, 500)


def test_a_sale_is_won_or_sold_and_settles_what_was_asked() -> None:
    (waiting,) = folded(outbid(CAMERA, 100))
    assert shown(folded(order("buyer"), unread=[waiting])) == [(Kind.OUTBID, True), (Kind.WON, False)]
    assert shown(folded(order("seller"))) == [(Kind.SOLD, False)]
    assert shown(folded(order("buyer", auction=None))) == [(Kind.ORDER_CREATED, False)]
    assert folded(order("buyer", status="shipped")) == []


def test_what_is_made_and_settled_at_once_was_never_there() -> None:
    assert shown(folded(outbid(CAMERA, 100), order("buyer"))) == [(Kind.WON, False)]


def test_nobody_is_told_of_their_own_word_but_of_the_clocks() -> None:
    for event, theirs, mine in (
        ("offer_rejected", "buyer", "seller"),
        ("counter_rejected", "seller", "buyer"),
    ):
        assert len(folded((event, About(auction_id=CAMERA, role=theirs)))) == 1
        assert folded((event, About(auction_id=CAMERA, role=mine))) == []
        assert len(folded((event, About(auction_id=CAMERA, role=mine, reason="No answer in time")))) == 1
    (asked,) = folded(("decision_required", About(auction_id=CAMERA, role="seller")))
    assert shown(folded(("offer_rejected", About(auction_id=CAMERA, role="seller")), unread=[asked])) == [
        (Kind.DECISION_REQUIRED, True)
    ]


def test_only_a_cancellation_is_news_of_the_end() -> None:
    assert folded(("auction_ended", About(auction_id=CAMERA, status="sold"))) == []
    (row,) = folded(("auction_ended", About(auction_id=CAMERA, status="cancelled", reason="A fake")))
    assert (row.kind, row.about.reason) == (Kind.AUCTION_CANCELLED, "A fake")


def test_an_event_about_nothing_makes_nothing() -> None:
    assert folded(("outbid", About())) == []


def happened(kind: str, role: str, by: str, status: str = "in_escrow") -> tuple[str, About]:
    return "order_updated", About(order_id=UUID(int=5), kind=kind, role=role, by=by, status=status, amount=900)


def test_what_happens_to_an_order_is_news_to_the_other_party() -> None:
    assert shown(folded(happened("paid", "seller", "buyer"))) == [(Kind.ORDER_PAID, False)]
    assert shown(folded(happened("shipped", "buyer", "seller", "shipped"))) == [(Kind.ORDER_SHIPPED, False)]
    assert folded(happened("shipped", "seller", "seller", "shipped")) == []
    assert shown(folded(happened("refunded", "buyer", "staff", "refunded"))) == [(Kind.REFUND, False)]
    for role in ("buyer", "seller"):
        assert shown(folded(happened("not_paid", role, "system", "cancelled"))) == [(Kind.ORDER_CANCELLED, False)]
        assert shown(folded(happened("completed", role, "system", "completed"))) == [(Kind.ORDER_COMPLETED, False)]
    assert folded(happened("payment_returned", "buyer", "system")) == []
    assert folded(happened("evidence_added", "buyer", "seller", "disputed")) == []


def test_a_place_to_meet_is_asked_answered_and_over_with_the_meeting() -> None:
    (asked,) = folded(happened("meeting_proposed", "buyer", "seller"))
    assert asked.kind is Kind.MEETING_PROPOSED
    assert folded(happened("meeting_proposed", "seller", "seller")) == []
    # Another proposal of the same side brings it up to date; one's own answers it.
    (again,) = folded(happened("meeting_proposed", "buyer", "seller"), unread=[asked])
    assert (again.id, again.read_at_us) == (asked.id, None)
    assert shown(folded(happened("meeting_proposed", "buyer", "buyer"), unread=[asked])) == [
        (Kind.MEETING_PROPOSED, True)
    ]
    asked.read_at_us = None
    assert shown(folded(happened("meeting_agreed", "buyer", "buyer"), unread=[asked])) == [
        (Kind.MEETING_PROPOSED, True)
    ]
    (agreed,) = folded(happened("meeting_agreed", "seller", "buyer"))
    assert agreed.kind is Kind.MEETING_AGREED
    assert shown(folded(happened("meeting_proposed", "seller", "buyer"), unread=[agreed])) == [
        (Kind.MEETING_AGREED, True),
        (Kind.MEETING_PROPOSED, False),
    ]
    agreed.read_at_us = None
    assert shown(folded(happened("handed_over", "seller", "seller", "completed"), unread=[agreed])) == [
        (Kind.MEETING_AGREED, True)
    ]


def test_an_answered_dispute_is_news_to_the_buyer_and_settles_what_the_seller_was_asked() -> None:
    (asked,) = folded(happened("dispute_opened", "seller", "buyer", "disputed"))
    assert shown(folded(happened("dispute_answered", "seller", "seller", "disputed"), unread=[asked])) == [
        (Kind.DISPUTE_OPENED, True)
    ]
    (answered,) = folded(happened("dispute_answered", "buyer", "seller", "disputed"))
    assert answered.kind is Kind.DISPUTE_ANSWERED
    for end, by in (("dispute_refunded", "staff"), ("dispute_released", "staff"), ("dispute_charged_back", "system")):
        answered.read_at_us = None
        assert shown(folded(happened(end, "buyer", by, "refunded"), unread=[answered])) == [
            (Kind.DISPUTE_ANSWERED, True),
            (Kind.DISPUTE_RESOLVED, False),
        ]


def test_paying_answers_the_reminder_and_makes_no_news_of_it() -> None:
    (reminder,) = folded(happened("payment_reminder", "buyer", "system", "pending_payment"))
    assert reminder.kind is Kind.PAYMENT_REMINDER
    assert shown(folded(happened("paid", "buyer", "buyer"), unread=[reminder])) == [(Kind.PAYMENT_REMINDER, True)]


def test_a_purchase_is_news_to_the_seller_and_a_second_chance_to_the_runner_up() -> None:
    assert shown(folded(happened("ordered", "seller", "buyer", "pending_payment"))) == [(Kind.ORDER_CREATED, False)]
    offer = About(auction_id=CAMERA, kind="second_chance", role="buyer", amount=900)
    (asked,) = folded(("counter_offered", offer))
    assert asked.kind is Kind.SECOND_CHANCE
    assert shown(folded(order("buyer"), unread=[asked])) == [(Kind.SECOND_CHANCE, True), (Kind.WON, False)]
