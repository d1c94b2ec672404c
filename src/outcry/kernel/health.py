"""Health (SPEC OPS-2): `live` says that the process runs, `ready` that it can serve."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

import msgspec
from litestar import get
from litestar.types import ControllerRouterHandler

from outcry.kernel import migrations
from outcry.kernel.access import Access, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import OutcryError
from outcry.kernel.http import problems

# A part that hangs is as bad as one that refuses, and whoever probes gives up soon.
CHECK_SECONDS = 3.0
_PUBLIC = access(Access.PUBLIC)
_TAGS = ["Operation"]


class NotReady(OutcryError):
    """A part that serving needs is not there; `part` names it."""

    status = 503
    code = "not_ready"
    title = "Not ready to serve"


class Health(msgspec.Struct, frozen=True):
    """All is well."""

    status: str


class Readiness:
    """What must hold before requests are sent here; parts add their own checks."""

    def __init__(self, database: Database, *, check_seconds: float = CHECK_SECONDS) -> None:
        self._database = database
        self.check_seconds = check_seconds
        self._checking: set[asyncio.Task[bool]] = set()
        self.checks: dict[str, Callable[[], Awaitable[bool]]] = {"database": self._database_current}

    async def _database_current(self) -> bool:
        async with self._database.transaction(SYSTEM) as tx:
            return await tx.scalar("SELECT version_num FROM alembic_version") == _head_revision()

    async def check(self) -> None:
        """Raises NotReady naming the first part that is not."""
        for part, ready in self.checks.items():
            if not await self._holds(ready):
                raise NotReady(f"{part} is not ready", part=part)

    async def _holds(self, ready: Callable[[], Awaitable[bool]]) -> bool:
        """Whether it says so in time. Not awaited after that: a driver may take seconds to give up its query."""

        async def safely() -> bool:
            try:
                return await ready()
            except Exception:
                return False

        checking = asyncio.create_task(safely(), name="ready")
        self._checking.add(checking)
        checking.add_done_callback(self._checking.discard)
        try:
            done, _ = await asyncio.wait({checking}, timeout=self.check_seconds)
        finally:
            checking.cancel()
        return bool(done) and checking.result()


@lru_cache(1)
def _head_revision() -> str:
    return migrations.head_revision()


@get("/health/live", opt=_PUBLIC, tags=_TAGS, summary="Is the process alive?", responses=problems())
async def live() -> Health:
    """Always, while it answers."""
    return Health("ok")


@get("/health/ready", opt=_PUBLIC, tags=_TAGS, summary="Can it serve?", responses=problems(503))
async def ready(readiness: Readiness) -> Health:
    """Database reachable and migrated; Redis too when it is used."""
    await readiness.check()
    return Health("ready")


ROUTES: Sequence[ControllerRouterHandler] = [live, ready]
