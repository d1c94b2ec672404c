"""Random transfers and holds against the plain model: same answers, same refusals, same balances (SPEC MON-1)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import OutcryError
from outcry.kernel.ids import new_id
from outcry.ledger import accounts
from outcry.ledger.accounts import Account
from outcry.ledger.audit import audit_ledger
from outcry.ledger.service import Connection, HoldMove, Ledger, Transfer, legs
from tests.ledger.model import ModelLedger

EXAMPLES = 60
PEOPLE, SUBJECTS, CURRENCIES = 3, 3, ("USD", "EUR")
LEDGER = Ledger()

person = st.integers(0, PEOPLE - 1)
subject = st.integers(0, SUBJECTS - 1)
currency = st.sampled_from(CURRENCIES)
amount = st.integers(1, 120)
transfer = st.tuples(st.integers(0, 14), st.sampled_from(["grant", "pay", "split", "swap"]), person, person, amount)
step = st.one_of(
    st.tuples(st.just("post"), st.lists(transfer, min_size=1, max_size=5), currency),
    st.tuples(st.just("move"), st.lists(st.tuples(person, subject, st.integers(0, 120)), min_size=1, max_size=5)),
    st.tuples(st.just("place"), person, subject, amount),
    st.tuples(st.just("change"), person, subject, amount),
    st.tuples(st.just("release"), person, subject),
    st.tuples(st.just("capture"), person, subject, amount),
)


class World:
    """One example's people and subjects, new to the database; keys are its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people = [new_id() for _ in range(PEOPLE)]
        self.subjects = [new_id() for _ in range(SUBJECTS)]
        self.run = str(new_id())
        self.model = ModelLedger()
        self.steps = 0

    def transfer(self, number: int, kind: str, one: int, two: int, amount: int, currency: str) -> Transfer:
        a, b = (accounts.available(self.people[place], currency) for place in (one, two))
        fund, escrow = accounts.grants(currency), accounts.escrow(self.subjects[0], currency)
        pairs: dict[str, tuple[tuple[Account, int], ...]] = {
            "grant": ((fund, -amount), (a, amount)),
            "pay": ((a, -amount), (escrow, amount)),
            "split": ((escrow, -2 * amount), (b, amount), (accounts.fees(currency), amount)),
            "swap": ((a, -amount), (accounts.tax(currency), amount), (b, -amount), (fund, amount)),
        }
        return Transfer(f"{self.run}:{number}", kind, legs(*pairs[kind]), self.subjects[1])

    async def step(self, step: tuple[Any, ...]) -> None:
        """Both do it, both say the same."""
        self.steps += 1
        name, *rest = step
        calls = getattr(self, f"_{name}")(*rest)
        expected = answer_of(calls[0])
        got = await self._attempt(calls[1])
        assert got == expected, (step, got, expected)

    async def _attempt(self, call: Callable[[Connection], Awaitable[Any]]) -> Any:
        try:
            async with self.database.transaction(SYSTEM) as tx:
                return await call(await tx.driver())
        except OutcryError as refused:
            return type(refused)

    def _post(self, drawn: list[tuple[int, str, int, int, int]], currency: str) -> tuple[Any, Any]:
        transfers = [self.transfer(*one, currency) for one in drawn]

        async def posted(connection: Connection) -> list[bool]:
            return [one.replayed for one in await LEDGER.post(connection, transfers)]

        return (lambda: self.model.post(transfers)), posted

    def _move(self, drawn: list[tuple[int, int, int]]) -> tuple[Any, Any]:
        by_place = {(one, two): amount for one, two, amount in drawn}
        moves = [
            HoldMove(self.people[one], self.subjects[two], self.currency(two), amount)
            for (one, two), amount in by_place.items()
        ]

        async def moved(connection: Connection) -> None:
            await LEDGER.move_holds(connection, moves)

        return (lambda: self.model.move_holds(moves)), moved

    def currency(self, subject: int) -> str:
        return CURRENCIES[subject % len(CURRENCIES)]

    def _named(self, one: int, two: int) -> tuple[dict[str, UUID], str]:
        return {"user_id": self.people[one], "subject_id": self.subjects[two]}, f"{self.run}:{self.steps}:hold"

    def _place(self, one: int, two: int, amount: int) -> tuple[Any, Any]:
        named, key = self._named(one, two)

        async def placed(connection: Connection) -> None:
            more: dict[str, Any] = {**named, "currency": self.currency(two), "amount": amount, "purpose": "bid"}
            first = await LEDGER.place_hold(connection, **more, key=key)
            assert await LEDGER.place_hold(connection, **more, key=key) == first

        return (lambda: self.model.place(currency=self.currency(two), amount=amount, **named)), placed

    def _change(self, one: int, two: int, amount: int) -> tuple[Any, Any]:
        named, key = self._named(one, two)

        async def changed(connection: Connection) -> None:
            await LEDGER.change_hold(connection, amount=amount, key=key, **named)

        return (lambda: self.model.change(amount=amount, **named)), changed

    def _release(self, one: int, two: int) -> tuple[Any, Any]:
        named, key = self._named(one, two)

        async def released(connection: Connection) -> int:
            first = await LEDGER.release_hold(connection, key=key, **named)
            again = await LEDGER.release_hold(connection, key=key, **named)
            assert again == first
            return first

        return (lambda: self.model.release(**named)), released

    def _capture(self, one: int, two: int, amount: int) -> tuple[Any, Any]:
        named, key = self._named(one, two)
        to = accounts.escrow(self.subjects[two], self.currency(two))

        async def captured(connection: Connection) -> int:
            first = await LEDGER.capture_hold(connection, to=to, amount=amount, key=key, **named)
            again = await LEDGER.capture_hold(connection, to=to, amount=amount, key=key, **named)
            assert again == first
            return first

        return (lambda: self.model.capture(to=to, amount=amount, **named)), captured

    async def check(self) -> None:
        """People's and subjects' balances and holds; the market's own accounts are shared by all examples."""
        own = {
            make(owner, one)
            for one in CURRENCIES
            for make, owners in (
                (accounts.available, self.people), (accounts.held, self.people), (accounts.escrow, self.subjects),
            )
            for owner in owners
        }  # fmt: skip
        async with self.database.transaction(SYSTEM) as tx:
            balances = await LEDGER.balances(tx, list(own))
            holds = await tx.all(
                "SELECT user_id, subject_id, currency, amount FROM ledger_holds WHERE status = 'active'"
                " AND user_id = ANY(:people)",
                {"people": self.people},
            )
        assert balances == {account: self.model.balances.get(account, 0) for account in own}
        assert {(row.user_id, row.subject_id): (row.currency, row.amount) for row in holds} == self.model.holds


def answer_of(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except OutcryError as refused:
        return type(refused)


def test_the_ledger_does_what_the_model_does(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = Database(database_url, pool_connections=2)

        async def lives(steps: list[tuple[Any, ...]]) -> None:
            world = World(database)
            # Something to spend, or most steps would be refusals.
            for place in range(PEOPLE):
                for number, one in enumerate(CURRENCIES):
                    await world.step(("post", [(100 + 10 * place + number, "grant", place, place, 200)], one))
            for step in steps:
                await world.step(step)
            await world.check()

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(step, min_size=1, max_size=14))
        def check(steps: list[tuple[Any, ...]]) -> None:
            runner.run(lives(steps))

        async def faults() -> list[str]:
            found = [str(fault) async for fault in audit_ledger(database)]
            await database.close()
            return found

        check()
        assert runner.run(faults()) == []
