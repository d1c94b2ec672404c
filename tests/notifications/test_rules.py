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
