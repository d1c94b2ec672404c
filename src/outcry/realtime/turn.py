"""What a turn of the loop says to a client goes out in one write.

A write to a socket is a system call of many microseconds, and the loop (uvloop) makes it at once: a person who watches
eight auctions that speak on the same beat would cost eight of them.
"""

import asyncio


class Turn:
    """The connections of a process that have something to say in this turn of the loop."""

    __slots__ = ("_outlets",)

    def __init__(self) -> None:
        self._outlets: list[Outlet] = []

    def add(self, outlet: "Outlet") -> None:
        """`outlet.send` is called soon."""
        if not self._outlets:
            asyncio.get_running_loop().call_soon(self._end)
        self._outlets.append(outlet)

    def _end(self) -> None:
        outlets, self._outlets = self._outlets, []
        for outlet in outlets:
            outlet.send()


class Outlet:
    """A connection's way out. Small, and with what it needs at hand: a fan-out walks over thousands of them."""

    __slots__ = ("_first", "_is_closing", "_more", "_turn", "_unsent_bytes", "_write", "_write_lines")

    def __init__(self, turn: Turn, transport: asyncio.Transport) -> None:
        self._turn = turn
        self._first: bytes | None = None
        self._more: list[bytes] | None = None
        self._write = transport.write
        self._write_lines = transport.writelines
        self._is_closing = transport.is_closing
        self._unsent_bytes = transport.get_write_buffer_size

    def write(self, data: bytes) -> None:
        """Say something with whatever else this turn of the loop says to the client. Nothing when it is gone."""
        if self._first is None:
            self._first = data
            self._turn.add(self)
        elif self._more is None:
            self._more = [self._first, data]
        else:
            self._more.append(data)

    def write_within(self, limit_bytes: int, data: bytes) -> bool:
        """As `write`, unless more than `limit_bytes` wait for the client: then False."""
        if self._unsent_bytes() > limit_bytes:
            return False
        self.write(data)
        return True

    def send(self) -> None:
        """Hand to the transport what was said in this turn; of a connection that is closing nothing."""
        first, more = self._first, self._more
        self._first = self._more = None
        if first is None or self._is_closing():
            return
        if more is None:
            self._write(first)
        else:
            self._write_lines(more)
