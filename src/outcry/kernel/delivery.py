"""Messages on their way out (SPEC NTF-3): a job for each, tried again with growing pauses, `failed` in the end.

A message is sent at least once. Where nothing is set up to carry a channel, its messages stay queued, and the
development outbox shows them.
"""

from abc import ABC, abstractmethod
from typing import ClassVar
from uuid import UUID

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.jobs import Jobs
from outcry.kernel.messages import DELIVER, Channel, QueuedMessage, mark_refused, mark_sent, queued_message

TOO_LATE = "too late to be of use"


class Delayed(Exception):
    """Not taken now; the job tries again. The words name no person."""


class Refused(Exception):
    """It will never be taken; the words name no person."""


class Delivery(ABC):
    """Sends what is queued for one channel; who subclasses it says how."""

    channel: ClassVar[Channel]
    max_tries: ClassVar[int]
    first_retry_seconds: ClassVar[int]
    # Older than this it is given up unsent.
    max_age_seconds: ClassVar[int | None] = None

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._database = database
        self._keys = keys
        self.sent = 0
        self.failed = 0

    def register(self, jobs: Jobs, *, first_retry_seconds: int | None = None) -> None:
        """Deliver each queued message once its transaction has committed."""
        first = self.first_retry_seconds if first_retry_seconds is None else first_retry_seconds
        jobs.register(DELIVER[self.channel], self.deliver, max_attempts=self.max_tries, first_retry_seconds=first)

    async def deliver(self, message_id: str) -> None:
        """Send one message if it still waits; refused for good it is `failed`. Raises Delayed to be tried again."""
        if not self.is_set_up:
            return
        async with self._database.transaction(SYSTEM) as tx:
            message = await queued_message(tx, self._keys, self.channel, UUID(message_id))
        if message is None:
            return
        try:
            if self.max_age_seconds is not None and message.age_seconds >= self.max_age_seconds:
                raise Refused(TOO_LATE)
            await self._send(message)
        except (Refused, Delayed) as refused:
            for_good = isinstance(refused, Refused) or message.tries + 1 >= self.max_tries
            async with self._database.transaction(SYSTEM) as tx:
                await mark_refused(tx, message.id, str(refused), for_good=for_good)
            if not for_good:
                raise
            self.failed += 1
            return
        async with self._database.transaction(SYSTEM) as tx:
            await mark_sent(tx, message.id)
        self.sent += 1

    @property
    @abstractmethod
    def is_set_up(self) -> bool:
        """Whether there is somebody to give it to."""

    @abstractmethod
    async def _send(self, message: QueuedMessage) -> None:
        """Raises Delayed, Refused."""
