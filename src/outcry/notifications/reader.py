"""The reader: turns what is said on people's channels into notifications (SPEC NTF-1), outside what caused it.

A bid, a bell, a decision writes its event and commits; nothing else is asked of its transaction. After the commit the
process that made it hands the event over here, in memory. How far each person's channel has been read is kept in the
database, so a reader that starts again goes on where the last one ended, and any number may read at once. Whoever was
not handed over, because a process died between its commit and here, is found by a sweep that goes through the
channels slice by slice, at the same price whatever their number.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from uuid import UUID

from outcry.kernel.database import DATABASE_ERRORS, SYSTEM, Database
from outcry.kernel.outbox import StoredEvent
from outcry.notifications import queries
from outcry.notifications.rules import MEANINGS
from outcry.notifications.service import Notifications

MAX_WAITING_PEOPLE = 100_000
# A slice of people holds the process for some milliseconds, and their channels, which bids write to as well, until its
# commit: it is small.
PEOPLE_AT_ONCE = 8
# In a fight the same people are outbid again and again, and each is told at once by the `outbid` event itself. The
# bell follows once a second, and slower the more they are, slice by slice, so that bids keep the process.
COLLECT_SECONDS = 1.0
UNHURRIED_PEOPLE_PER_SECOND = 100
SWEEP_SECONDS = 2.0
SWEPT_CHANNELS = 5_000
RETRY_SECONDS = 0.5
_PREFIX = "user:"
_UNHURRIED = "outbid"

_log = logging.getLogger("outcry.notifications")


class NotificationReader:
    """One process's reader. With `sweeps` it also looks for what nobody handed over; one process of all should."""

    def __init__(
        self,
        database: Database,
        notifications: Notifications,
        *,
        sweeps: bool,
        collect_seconds: float = COLLECT_SECONDS,
    ) -> None:
        self._database = database
        self._notifications = notifications
        self._sweeps = sweeps
        self._collect_seconds = collect_seconds
        # At once; when their turn comes, a slice at a time; and those collected for the next turn.
        self._now: dict[UUID, None] = {}
        self._ripe: dict[UUID, None] = {}
        self._soon: dict[UUID, None] = {}
        self._ripening: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to read; what was said while nobody read comes first."""
        self._tasks = [asyncio.create_task(self._run(), name="notifications")]
        if self._sweeps:
            self._tasks.append(asyncio.create_task(self._sweep(), name="notifications-sweep"))

    async def stop(self) -> None:
        """End; what was not read yet waits for the next start."""
        for timer in (self._ripening, self._resting):
            if timer is not None:
                timer.cancel()
        self._ripening = self._resting = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    def listens_to(channel: str) -> bool:
        """Whether `heard` wants the events of this channel."""
        return channel.startswith(_PREFIX)

    def heard(self, events: Iterable[StoredEvent]) -> None:
        """Events that have been committed; must not wait. Beyond MAX_WAITING_PEOPLE the sweep has to find them."""
        for event in events:
            if event.type in MEANINGS and event.channel.startswith(_PREFIX):
                self._wait(event.channel, event.type == _UNHURRIED)

    def _wait(self, channel: str, unhurried: bool) -> None:
        try:
            person = UUID(channel.removeprefix(_PREFIX))
        except ValueError:
            return
        if not self._room():
            return
        if unhurried:
            self._later([person])
        else:
            self._now[person] = None
            self._woken.set()

    def _room(self) -> int:
        return max(MAX_WAITING_PEOPLE - len(self._now) - len(self._ripe) - len(self._soon), 0)

    def _later(self, people: Iterable[UUID]) -> None:
        self._soon.update(dict.fromkeys(people))
        if self._soon and self._ripening is None:
            self._ripening = asyncio.get_running_loop().call_later(self._collect_seconds, self._ripen)

    def _ripen(self) -> None:
        self._ripening = None
        self._ripe.update(self._soon)
        self._soon.clear()
        self._woken.set()

    def _rest(self, people: int) -> None:
        """The next slice of those in no hurry waits its time."""
        seconds = people / UNHURRIED_PEOPLE_PER_SECOND
        self._resting = asyncio.get_running_loop().call_later(seconds, self._rested)

    def _rested(self) -> None:
        self._resting = None
        self._woken.set()

    def _slice(self) -> list[UUID]:
        """Whose turn it is."""
        hurried = bool(self._now)
        source = self._now if hurried else self._ripe
        if not hurried and self._resting is not None:
            return []
        people = [person for person, _ in zip(source, range(PEOPLE_AT_ONCE), strict=False)]
        for person in people:
            for waiting in (self._now, self._ripe, self._soon):
                waiting.pop(person, None)
        if people and not hurried:
            self._rest(len(people))
        return people

    async def _run(self) -> None:
        while True:
            # Nothing may be awaited between this look and the wait, or somebody could be left waiting.
            people = self._slice()
            if not people:
                self._woken.clear()
                await self._woken.wait()
                continue
            try:
                self._now.update(dict.fromkeys(await self._notifications.take(people)))
            except Exception as failed:
                # What a database that is away says needs no trace.
                trace = None if isinstance(failed, DATABASE_ERRORS) else failed
                _log.warning("notifications could not be made, trying again one by one: %s", failed, exc_info=trace)
                await asyncio.sleep(RETRY_SECONDS)
                await self._one_by_one(people)

    async def _one_by_one(self, people: Sequence[UUID]) -> None:
        """So that one whose events cannot be taken does not stop the others; the sweep brings it back."""
        for person in people:
            try:
                self._now.update(dict.fromkeys(await self._notifications.take([person])))
            except Exception as failed:
                _log.error("no notifications could be made for %s: %s", person, failed)

    async def _sweep(self) -> None:
        after, is_first_round = "", True
        while True:
            try:
                async with self._database.transaction(SYSTEM) as tx:
                    people, last = await queries.behind(await tx.driver(), after, SWEPT_CHANNELS)
            except Exception as failed:
                _log.warning("the sweep for notifications failed, the next will do: %s", failed)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            people = people[: self._room()]
            if is_first_round:
                self._now.update(dict.fromkeys(people))
                self._woken.set()
            else:
                # Most of them are in another process's hands already.
                self._later(people)
            after = last or ""
            is_first_round = is_first_round and last is not None
            if not is_first_round:
                await asyncio.sleep(SWEEP_SECONDS)
