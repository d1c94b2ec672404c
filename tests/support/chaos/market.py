"""A market that may be gone at any moment, as its people call it: again and again, until there is an answer."""

import asyncio
import contextlib
import time
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from tests.support.chaos.connection import Answer, Connections

AGAIN_SECONDS = 0.05
# As long as a call may wait behind those of hundreds of people who call at once.
CALL_SECONDS = 60
# What an answer may be that does not settle a call.
UNSETTLED = (502, 503, 504)
KEY = "Idempotency-Key"


class Market:
    """Where the market is to be found now; it moves when it is started again."""

    def __init__(self, base_url: str) -> None:
        self.connections = Connections(base_url)
        # When calls with a key were answered, by the monotonic clock: a gap in it is an outage.
        self.answered: list[float] = []
        self.calls = 0
        self.repeats = 0

    def moved(self, base_url: str) -> None:
        self.connections.moved(base_url)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Until it is answered, whatever dies meanwhile; a key in `headers` makes that one call."""
        answer = await self._until_answered(method, path, headers, body=body)
        if KEY in headers:
            self.answered.append(time.monotonic())
        return answer

    async def submit(self, url: str, form: dict[str, str]) -> Answer:
        """A page's form, until it is answered; the market may have moved since the page's address was made."""
        return await self._until_answered("POST", urlsplit(url).path, {}, form=form)

    async def _until_answered(self, method: str, path: str, headers: dict[str, str], **sent: Any) -> Answer:
        self.calls += 1
        while True:
            answer = None
            # Gone, or too late to be waited for: nobody knows what it did.
            with contextlib.suppress(OSError, EOFError):
                async with asyncio.timeout(CALL_SECONDS):
                    answer = await self.connections.request(method, path, headers, **sent)
            if answer is not None and answer.status_code not in UNSETTLED:
                return answer
            self.repeats += 1
            await asyncio.sleep(AGAIN_SECONDS)

    def back_after(self, killed_at: float, until: float) -> float:
        """Seconds from a kill to the end of the longest time without an answer that follows it, before `until`."""
        times = [killed_at, *(at for at in self.answered if killed_at < at <= until)]
        gaps = [(after - before, after) for before, after in pairwise(times)]
        return max(gaps)[1] - killed_at if gaps else until - killed_at
