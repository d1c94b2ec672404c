"""What a turn of the loop says to a client goes out in one write.

A write to a socket is a system call of many microseconds, and the loop (uvloop) makes it at once: a person who watches
eight auctions that speak on the same beat would cost eight of them.
"""

import asyncio
from typing import Protocol


class Speaker(Protocol):
    """A connection with something to say."""

    def send(self) -> None:
        """Write all of it; must not raise."""
        ...


class Turn:
    """The connections of a process that have something to say in this turn of the loop."""

    def __init__(self) -> None:
        self._speakers: list[Speaker] = []

    def add(self, speaker: Speaker) -> None:
        """`speaker.send` is called soon; to be asked for once until then."""
        if not self._speakers:
            asyncio.get_running_loop().call_soon(self._end)
        self._speakers.append(speaker)

    def _end(self) -> None:
        speakers, self._speakers = self._speakers, []
        for speaker in speakers:
            speaker.send()
