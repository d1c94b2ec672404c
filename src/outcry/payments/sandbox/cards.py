"""The sandbox's test cards and test bank accounts. Pure; a number is looked at here and kept nowhere."""

from enum import StrEnum

import msgspec

from outcry.kernel.errors import FieldError

MAX_NAME_CHARACTERS = 80
_CENTURY = 2_000


class Behaviour(StrEnum):
    """What a card does."""

    SUCCEEDS = "succeeds"
    DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED = "expired_card"
    AUTHENTICATES = "authenticates"
    DISPUTED = "disputed"
    REFUND_FAILS = "refund_fails"


class TestCard(msgspec.Struct, frozen=True):
    """One of the cards the page lists."""

    number: str
    brand: str
    behaviour: Behaviour
    words: str

    @property
    def shown(self) -> str:
        """In groups of four."""
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


CARDS = (
    TestCard("4242424242424242", "Visa", Behaviour.SUCCEEDS, "Pays"),
    TestCard("5555555555554444", "Mastercard", Behaviour.SUCCEEDS, "Pays"),
    TestCard("378282246310005", "American Express", Behaviour.SUCCEEDS, "Pays (security code of 4 digits)"),
    TestCard("4000002500003155", "Visa", Behaviour.AUTHENTICATES, "Asks for authentication first"),
    TestCard("4000000000000002", "Visa", Behaviour.DECLINED, "Is declined"),
    TestCard("4000000000009995", "Visa", Behaviour.INSUFFICIENT_FUNDS, "Has not enough money"),
    TestCard("4000000000000069", "Visa", Behaviour.EXPIRED, "Is refused as expired"),
    TestCard("4000000000000259", "Visa", Behaviour.DISPUTED, "Pays; its owner disputes it later"),
    TestCard("4000000000005126", "Visa", Behaviour.REFUND_FAILS, "Pays; a refund to it fails later"),
)
_BY_NUMBER = {card.number: card for card in CARDS}

FAILURE_WORDS = {
    "card_declined": "The card was declined. Try another one, or ask your bank.",
    "insufficient_funds": "There is not enough money on this card. Try another one.",
    "expired_card": "This card has expired. Try another one.",
    "authentication_failed": "You could not be authenticated, so the card was not charged. Try again or use another.",
}
FAILS_AT_ONCE = frozenset({Behaviour.DECLINED, Behaviour.INSUFFICIENT_FUNDS, Behaviour.EXPIRED})


class CardForm(msgspec.Struct, frozen=True):
    """What the page's form sends."""

    name: str = ""
    number: str = ""
    expiry: str = ""
    cvc: str = ""


def read_card(form: CardForm, *, year: int, month: int) -> tuple[TestCard | None, list[FieldError]]:
    """The test card of a form, or what is wrong with each field; `year` and `month` are today's."""
    errors: list[FieldError] = []
    digits = "".join(character for character in form.number if character not in " -")
    card = _BY_NUMBER.get(digits)
    if not digits:
        errors.append(FieldError("number", "Enter the card's number"))
    elif not digits.isascii() or not digits.isdigit() or not 12 <= len(digits) <= 19 or not luhn_valid(digits):
        errors.append(FieldError("number", "This is not a card's number: look for a mistyped digit"))
    elif card is None:
        errors.append(FieldError("number", "No real cards here: use one of the test cards listed on this page"))
    errors += _expiry_errors(form.expiry, year, month)
    length = 4 if card is not None and card.brand == "American Express" else 3
    if not (form.cvc.isascii() and form.cvc.isdigit() and len(form.cvc) == length):
        errors.append(FieldError("cvc", f"The security code has {length} digits"))
    if len(form.name) > MAX_NAME_CHARACTERS:
        errors.append(FieldError("name", f"At most {MAX_NAME_CHARACTERS} characters"))
    elif not form.name.strip():
        errors.append(FieldError("name", "Enter the name on the card"))
    return (card, []) if card is not None and not errors else (None, errors)


def _expiry_errors(expiry: str, year: int, month: int) -> list[FieldError]:
    first, slash, last = (part.strip() for part in expiry.partition("/"))
    if not slash and len(first) == 4:
        first, last = first[:2], first[2:]
    numeric = first.isascii() and last.isascii() and first.isdigit() and last.isdigit()
    if not numeric or len(first) > 2 or len(last) not in (2, 4) or not 1 <= int(first) <= 12:
        return [FieldError("expiry", "Enter month and year, such as 08 / 29")]
    given = int(last) + (_CENTURY if len(last) == 2 else 0)
    if (given, int(first)) < (year, month):
        return [FieldError("expiry", "This date is past")]
    if given > year + 50:
        return [FieldError("expiry", "This date is too far away")]
    return []


def luhn_valid(digits: str) -> bool:
    """Whether the last digit checks the others."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


class BankBehaviour(StrEnum):
    """What a payout account does."""

    PAID = "paid"
    FAILS = "fails"
    RESTRICTED = "restricted"


class TestBankAccount(msgspec.Struct, frozen=True):
    """One of the bank accounts the onboarding page lists."""

    number: str
    behaviour: BankBehaviour
    words: str


BANK_ACCOUNTS = (
    TestBankAccount("000123456789", BankBehaviour.PAID, "Takes payouts"),
    TestBankAccount("000111111116", BankBehaviour.FAILS, "Is ready, but every payout fails"),
    TestBankAccount("000111111113", BankBehaviour.RESTRICTED, "Needs a document first: restricted"),
)
_BY_ACCOUNT = {account.number: account for account in BANK_ACCOUNTS}


class AccountForm(msgspec.Struct, frozen=True):
    """What the onboarding page's form sends."""

    holder: str = ""
    account: str = ""


def read_account(form: AccountForm) -> tuple[TestBankAccount | None, list[FieldError]]:
    """The test bank account of a form, or what is wrong with each field."""
    errors: list[FieldError] = []
    if not form.holder.strip():
        errors.append(FieldError("holder", "Enter the account holder's name"))
    elif len(form.holder) > MAX_NAME_CHARACTERS:
        errors.append(FieldError("holder", f"At most {MAX_NAME_CHARACTERS} characters"))
    account = _BY_ACCOUNT.get("".join(form.account.split()))
    if account is None:
        errors.append(FieldError("account", "Use one of the test accounts listed on this page"))
    return (account, []) if account is not None and not errors else (None, errors)
