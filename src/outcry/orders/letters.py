"""Mails to one party of an order: what happened, and where to look."""

from outcry.identity.service import email_of
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.messages import queue_message
from outcry.kernel.settings import Settings
from outcry.orders.moves import LockedOrder
from outcry.orders.rules import Party


class Letters:
    """Queues mail in the transaction of what it tells; in transactions of the SYSTEM."""

    def __init__(self, keys: KeyRing, settings: Settings) -> None:
        self._keys = keys
        self._base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"

    async def write(self, tx: Transaction, order: LockedOrder, party: Party, subject: str, words: str) -> None:
        """To the buyer or the seller; nothing where the person has no mail."""
        person_id = order.buyer_id if party is Party.BUYER else order.seller_id
        email = await email_of(tx, self._keys, person_id)
        if email is not None:
            body = f"{order.title}\n\n{words}\n\n{self._base}/orders/{order.id}"
            await queue_message(tx, self._keys, channel="email", recipient=email, subject=subject, body=body)
