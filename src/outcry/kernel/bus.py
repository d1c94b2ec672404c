"""The bus: tells every process of committed events. In-process when alone, Redis/Valkey when there are more.

It carries no truth (DESIGN "Fan-out"): whoever missed a message reads the outbox.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from outcry.kernel.outbox import StoredEvent

Handler = Callable[[StoredEvent], None]
SignalHandler = Callable[[bytes], None]
Unsubscribe = Callable[[], None]
Told = TypeVar("Told")

_log = logging.getLogger("outcry.bus")


class Bus(Protocol):
    """What domains see of the bus."""

    async def start(self) -> None:
        """Connect; returns when messages can flow."""
        ...

    async def stop(self) -> None:
        """Flush what was published, then disconnect."""
        ...

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Tell all processes, this one at once. Never waits: a full queue drops, and readers catch up."""
        ...

    def heard(self, channel: str) -> bool:
        """Whether anybody may be listening; who publishes much may leave the rest out."""
        ...

    def subscribe(self, channel: str, handler: Handler) -> Unsubscribe:
        """Call `handler` for each event of `channel`, in the order the bus sees them."""
        ...

    def signal(self, name: str, payload: bytes = b"") -> None:
        """Tell every process something small that is not an event, such as "forget what you know of user X"."""
        ...

    def on_signal(self, name: str, handler: SignalHandler) -> Unsubscribe:
        """Call `handler` with the payload of each signal of that name, from this process too."""
        ...


class LocalBus:
    """The bus of a process that is alone."""

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._signals: dict[str, list[SignalHandler]] = {}

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to flush."""

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Call the handlers of each event's channel."""
        for event in events:
            for handler in tuple(self._handlers.get(event.channel, ())):
                _tell(handler, event)

    def heard(self, channel: str) -> bool:
        """See `Bus.heard`."""
        return channel in self._handlers

    def subscribe(self, channel: str, handler: Handler) -> Unsubscribe:
        """See `Bus.subscribe`."""
        return _add(self._handlers, channel, handler)

    def signal(self, name: str, payload: bytes = b"") -> None:
        """See `Bus.signal`."""
        for handler in tuple(self._signals.get(name, ())):
            _tell(handler, payload)

    def on_signal(self, name: str, handler: SignalHandler) -> Unsubscribe:
        """See `Bus.on_signal`."""
        return _add(self._signals, name, handler)


def _add(table: dict[str, list[Callable[..., None]]], key: str, handler: Callable[..., None]) -> Unsubscribe:
    table.setdefault(key, []).append(handler)

    def remove() -> None:
        handlers = table.get(key, [])
        if handler in handlers:
            handlers.remove(handler)
        if not handlers:
            table.pop(key, None)

    return remove


encode_event = msgspec.msgpack.Encoder().encode
decode_event = msgspec.msgpack.Decoder(StoredEvent).decode


def _tell(handler: Callable[[Told], None], what: Told) -> None:
    """A listener's fault is its own: who publishes has committed, and goes on, and so do the other listeners."""
    try:
        handler(what)
    except Exception:
        _log.exception("a listener of the bus failed")
