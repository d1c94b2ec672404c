"""Signing in by phone (SPEC ID-2): the market says which numbers, a code proves them."""

from uuid import UUID

import phonenumbers

from outcry.identity import queries
from outcry.identity.accounts import Accounts
from outcry.identity.codes import CODE_SECONDS
from outcry.identity.errors import BadCode
from outcry.identity.schemas import SessionTokens, VerifyCode
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.market import Market
from outcry.kernel.messages import queue_message


def normalised_phone(text: str, market: Market) -> str:
    """The number in E.164 if the market takes it. Raises InvalidInput naming the rule."""
    digits = "+" + "".join(character for character in text if character.isdigit())
    wanted = market.phone
    if wanted.prefix and not digits.startswith(wanted.prefix):
        raise InvalidInput(("/phone", f"must begin with {wanted.prefix}"))
    if wanted.digits is not None and len(digits) - len(wanted.prefix) != wanted.digits:
        raise InvalidInput(("/phone", f"must have {wanted.digits} digits after {wanted.prefix}"))
    try:
        possible = phonenumbers.is_possible_number(phonenumbers.parse(digits))
    except phonenumbers.NumberParseException:
        possible = False
    if not possible:
        raise InvalidInput(("/phone", "is not a possible phone number"))
    return digits


class PhoneSignIn:
    """Codes out, sessions back."""

    def __init__(self, accounts: Accounts, market: Market, keys: KeyRing) -> None:
        self._accounts = accounts
        self._market = market
        self._keys = keys

    async def send_code(self, phone: str) -> int:
        """Text a code; the seconds it lives. Raises InvalidInput, RateLimited."""
        number = normalised_phone(phone, self._market)
        async with self._accounts.database.transaction(SYSTEM) as tx:
            subject = queries.contact_hashes(self._keys, "phone", number)
            code = await self._accounts.codes.make_code(tx, subject)
            body = f"{code} is your {self._market.title} code. It is good for {CODE_SECONDS // 60} minutes."
            await queue_message(tx, self._keys, channel="sms", recipient=number, subject="Your code", body=body)
        return CODE_SECONDS

    async def verify(self, body: VerifyCode, origin: str) -> tuple[SessionTokens, bool]:
        """The session, and whether the person is new. Raises BadCode, ConsentRequired, InvalidInput.

        Whether the number is known is looked up only for who has its code: all others learn nothing of who has an
        account. A new person who did not agree yet, or has no name, keeps the code for the completed form.
        """
        number = normalised_phone(body.phone, self._market)
        subject = queries.contact_hashes(self._keys, "phone", number)
        accounts = self._accounts
        async with accounts.database.transaction(SYSTEM) as tx:
            code_id = await accounts.codes.check_code(tx, subject, body.code)
            if code_id is not None:
                user_id, is_new = await self._person(tx, number, body, origin)
                await accounts.codes.spend_code(tx, code_id)
                return await accounts.open_session(tx, user_id, origin), is_new
        # Raised outside the transaction: the wrong try must count.
        raise BadCode()

    async def _person(self, tx: Transaction, number: str, body: VerifyCode, origin: str) -> tuple[UUID, bool]:
        found = await queries.user_of_contact(tx, self._keys, "phone", number)
        if found is not None:
            await queries.verify_contact(tx, found.user_id, "phone")
            return found.user_id, False
        self._accounts.require_consents(body.consents)
        if body.display_name is None:
            raise InvalidInput(("/display_name", "is needed for a new account"))
        user_id = await self._accounts.create_person(tx, body.display_name, body.consents, origin)
        if not await queries.add_contact(tx, self._keys, user_id, "phone", number, verified=True):
            raise BadCode()
        return user_id, True
