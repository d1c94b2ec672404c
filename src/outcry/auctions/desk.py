"""The desk: where bids are decided (DESIGN "The bid path"; SPEC AUC-2, AUC-3, AUC-14, PERF-1).

Bids that arrive while a batch commits wait in this process; then the whole queue becomes one batch over all its
auctions, decided by the pure rules in arrival order, written set-based in one transaction, and answered and published
only after its commit. No timers. Any number of processes may run desks: PostgreSQL is the referee.

`lane.py` is one connection's run of batches, `memory.py` what it knows, `batch.py` the decisions on a batch,
`desk_steps.py` and `desk_sql.py` what it sends.
"""

from outcry.auctions.batch import BidRequest
from outcry.auctions.lane import Lane, fallen
from outcry.kernel.database import Database
from outcry.kernel.errors import Busy


class Desk:
    """A process's desk: lanes that each settle one batch at a time; an auction always goes to the same lane."""

    def __init__(self, database: Database, *, shards: int, queue_bids: int, batch_bids: int) -> None:
        self._queue_bids = queue_bids
        self._lanes = [Lane(database, batch_bids, number) for number in range(shards)]

    async def start(self) -> None:
        """Connect and start the lanes."""
        for lane in self._lanes:
            await lane.start()

    async def stop(self) -> None:
        """Settle what is queued, then close."""
        for lane in self._lanes:
            await lane.stop()

    def submit(self, request: BidRequest) -> None:
        """Queue a bid; `request.done` is called when it is decided and durable, or at once with `Busy`."""
        lane = self._lanes[request.auction_id % len(self._lanes)]
        if lane.waiting_bids >= self._queue_bids:
            request.done(Busy(detail="Too many bids are waiting; this one was not taken"))
            return
        if lane.has_fallen:
            request.done(fallen())
            return
        lane.queue.append(request)
        lane.wake()

    async def decides(self) -> bool:
        """Whether every lane is at work: asked before requests are sent to this process (SPEC OPS-2)."""
        return not any(lane.has_fallen for lane in self._lanes)

    @property
    def queued_bids(self) -> int:
        """Bids waiting for a batch."""
        return sum(lane.waiting_bids for lane in self._lanes)

    @property
    def decided_bids(self) -> int:
        """Bids decided since start, accepted and refused."""
        return sum(lane.decided_bids for lane in self._lanes)

    @property
    def settled_batches(self) -> int:
        """Batches settled since start."""
        return sum(lane.settled_batches for lane in self._lanes)
