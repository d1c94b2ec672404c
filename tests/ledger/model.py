"""The ledger as an obvious dict: what the database must agree with."""

from collections import defaultdict
from uuid import UUID

from outcry.ledger import accounts
from outcry.ledger.accounts import MAY_BE_NEGATIVE, Account
from outcry.ledger.errors import HoldExists, HoldNotFound, HoldTooSmall, InsufficientFunds, TransferKeyReused
from outcry.ledger.service import HoldMove, Transfer

Facts = tuple[object, ...]


class ModelLedger:
    """Every operation works on copies and keeps them only when nothing was refused."""

    def __init__(self) -> None:
        self.balances: dict[Account, int] = defaultdict(int)
        self.keys: dict[str, Facts] = {}
        self.holds: dict[tuple[UUID, UUID], tuple[str, int]] = {}

    def post(self, transfers: list[Transfer]) -> list[bool]:
        """Which were replayed. Keys are looked at before money."""
        balances, keys = dict(self.balances), dict(self.keys)
        replayed: list[bool] = []
        for transfer in transfers:
            facts: Facts = (transfer.kind, transfer.subject_id, frozenset(transfer.legs))
            replayed.append(transfer.key in keys)
            if keys.setdefault(transfer.key, facts) != facts:
                raise TransferKeyReused()
        for transfer, again in zip(transfers, replayed, strict=True):
            for leg in () if again else transfer.legs:
                self._add(balances, leg.account, leg.amount)
        self.balances, self.keys = defaultdict(int, balances), keys
        return replayed

    def move_holds(self, moves: list[HoldMove]) -> None:
        """All at once: what one frees another may bind."""
        balances, holds = dict(self.balances), dict(self.holds)
        for move in moves:
            place = move.user_id, move.subject_id
            change = move.amount_now - holds.get(place, ("", 0))[1]
            free, held = (make(move.user_id, move.currency) for make in (accounts.available, accounts.held))
            balances[free] = balances.get(free, 0) - change
            balances[held] = balances.get(held, 0) + change
            if move.amount_now:
                holds[place] = move.currency, move.amount_now
            else:
                holds.pop(place, None)
        for account, balance in balances.items():
            if balance < 0 and account.kind not in MAY_BE_NEGATIVE:
                raise InsufficientFunds(account.currency)
        self.balances, self.holds = defaultdict(int, balances), holds

    def place(self, user_id: UUID, subject_id: UUID, currency: str, amount: int) -> None:
        if (user_id, subject_id) in self.holds:
            raise HoldExists()
        self.move_holds([HoldMove(user_id, subject_id, currency, amount)])

    def change(self, user_id: UUID, subject_id: UUID, amount: int) -> None:
        if (user_id, subject_id) not in self.holds:
            raise HoldNotFound()
        self.move_holds([HoldMove(user_id, subject_id, self.holds[user_id, subject_id][0], amount)])

    def release(self, user_id: UUID, subject_id: UUID) -> int:
        currency, amount = self.holds.get((user_id, subject_id), ("USD", 0))
        self.move_holds([HoldMove(user_id, subject_id, currency, 0)])
        return amount

    def capture(self, user_id: UUID, subject_id: UUID, to: Account, amount: int) -> int:
        currency, held = self.holds.get((user_id, subject_id), ("", 0))
        if currency != to.currency:
            raise HoldNotFound()
        if amount > held:
            raise HoldTooSmall()
        del self.holds[user_id, subject_id]
        self._add(self.balances, accounts.held(user_id, currency), -held)
        self._add(self.balances, to, amount)
        self._add(self.balances, accounts.available(user_id, currency), held - amount)
        return held - amount

    @staticmethod
    def _add(balances: dict[Account, int], account: Account, amount: int) -> None:
        balances[account] = balances.get(account, 0) + amount
        if balances[account] < 0 and account.kind not in MAY_BE_NEGATIVE:
            raise InsufficientFunds(account.currency)
