"""What a benchmark is given, and how many and how long its runs are."""

from collections.abc import Sequence

import msgspec

from bench.engine import Contestant
from bench.postgres import BenchPostgres
from bench.rivals.function import DatabaseFunction
from bench.rivals.redis_compare_and_set import RedisCompareAndSet
from bench.rivals.redis_lock import RedisLock
from bench.rivals.row_lock import RowLock
from bench.rivals.row_lock_whole import WholeRowLock
from bench.server import OUTCRY

ROW_LOCK = "row lock per bid"
WHOLE_ROW_LOCK = "row lock per bid, same duties"


class Context(msgspec.Struct, frozen=True):
    """The servers and the size of this invocation; `ours` holds the product's own engine."""

    postgres: BenchPostgres
    redis_url: str
    quick: bool
    ours: Sequence[Contestant]
    serve_command: Sequence[str] = OUTCRY

    @property
    def seconds(self) -> float:
        """Length of one measured run."""
        return 1.0 if self.quick else 3.0

    @property
    def runs(self) -> int:
        """How often each contestant is measured."""
        return 1 if self.quick else 3

    @property
    def rivals(self) -> list[Contestant]:
        """The usual designs, the row lock first: ratios are to it."""
        url = self.redis_url
        return [
            Contestant(ROW_LOCK, RowLock),
            Contestant(WHOLE_ROW_LOCK, WholeRowLock),
            Contestant("one database function per bid", DatabaseFunction),
            Contestant("Redis lock, retry 2-10 ms", lambda: RedisLock(url, (2, 10))),
            Contestant("Redis lock, retry 20-100 ms", lambda: RedisLock(url, (20, 100))),
            Contestant("Redis Lua compare-and-set, then insert", lambda: RedisCompareAndSet(url)),
        ]

    def contestants(self, *names: str) -> list[Contestant]:
        """Ours and the rivals of these names (all, when none is given)."""
        return [*self.ours, *(rival for rival in self.rivals if not names or rival.name in names)]
