"""Health (SPEC OPS-2): `live` says that the process runs, `ready` that it can serve."""

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

    def __init__(self, database: Database) -> None:
        self._database = database
        self.checks: dict[str, Callable[[], Awaitable[bool]]] = {"database": self._database_current}

    async def _database_current(self) -> bool:
        async with self._database.transaction(SYSTEM) as tx:
            return await tx.scalar("SELECT version_num FROM alembic_version") == _head_revision()

    async def check(self) -> None:
        """Raises NotReady naming the first part that is not."""
        for part, ready in self.checks.items():
            try:
                good = await ready()
            except Exception:
                good = False
            if not good:
                raise NotReady(f"{part} is not ready", part=part)


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
