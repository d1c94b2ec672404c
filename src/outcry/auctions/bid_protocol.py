"""uvicorn's HTTP protocol with a short cut for bids: no task, no ASGI messages, one write an answer (decision 014).

Parsing, keep-alive, pipelining, time-outs and shutting down stay uvicorn's. Where it would start the application for
a request whose head announces a bid, the body is awaited instead and `FastBids` answers. Anything unusual (a client
that asks to continue, one that does not read) goes to the application, which answers the same.
"""

from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from outcry.auctions.fast_bids import MAX_BODY_BYTES, BidCall, FastBids


class BidProtocol(HttpToolsProtocol):
    """One connection. Subclassed by `make_http_protocol` with the process's `FastBids`."""

    bids: FastBids
    flow: FlowControl

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Announced, and its body not here yet. Always of the request that is being parsed.
        self._announced: BidCall | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        unusual = app is not self.app or cycle.waiting_for_100_continue or self.flow.write_paused
        call = None if unusual else self.bids.call_of(cycle.scope)
        if call is None:
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            self._announced = call
        else:
            # It had waited for the answer to the request before it.
            self._place(call, cycle)

    def on_body(self, body: bytes) -> None:
        """A piece of a request's body."""
        super().on_body(body)
        if self._announced is not None and len(self.cycle.body) > MAX_BODY_BYTES:
            self._place(self._announced, self.cycle)

    def on_message_complete(self) -> None:
        """The request is here."""
        super().on_message_complete()
        if self._announced is not None:
            self._place(self._announced, self.cycle)

    def _place(self, call: BidCall, cycle: RequestResponseCycle) -> None:
        self._announced = None

        def answered(status: int, head: bytes, body: bytes) -> None:
            # The bidder may have hung up; the decision stands all the same.
            if cycle.disconnected or self.transport.is_closing():
                return
            defaults = [b"%b: %b\r\n" % header for header in cycle.default_headers]
            ending = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
            self.transport.write(b"".join((STATUS_LINE[status], *defaults, head, ending, body)))
            cycle.response_started = cycle.response_complete = True
            if not cycle.keep_alive:
                self.transport.close()
            on_response, cycle.on_response = cycle.on_response, _nothing
            on_response()

        self.bids.place(call, cycle.body, answered)


def _nothing() -> None:
    """What a cycle calls back once it is done with."""


def make_http_protocol(bids: FastBids) -> type[BidProtocol]:
    """The class to give uvicorn as `http`."""
    return type("BoundBidProtocol", (BidProtocol,), {"bids": bids})
