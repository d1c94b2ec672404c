"""PostgreSQL: one engine and pool, one unit of work (SPEC TRU-4, DESIGN "Data").

A `Transaction` is the unit of work: services run inside one and never commit. It tells PostgreSQL who acts
(`app.user_id`, `app.role`) for row-level security, collects events for the outbox and calls `after_commit` hooks
once the commit is durable.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import Executable, MetaData, Row, RowMapping, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from outcry.kernel import outbox
from outcry.kernel.outbox import Event, StoredEvent

APP_ROLE = "outcry_app"
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_SECONDS = 5
# For what must not wait behind people's requests: jobs at once and a little more. Opened when they are needed.
RESERVED_CONNECTIONS = 10
# What a transaction raises when the database is away, busy or unhappy: the driver's errors come as SQLAlchemy's, or as
# they are from statements on `Transaction.driver`.
DATABASE_ERRORS = (DBAPIError, psycopg.Error, PoolTimeout, OSError, TimeoutError)
_POOL_WAIT_SECONDS = 10
_POOL_RECYCLE_SECONDS = 1_800

_RESERVED: ContextVar[bool] = ContextVar("reserved", default=False)


@contextmanager
def reserved() -> Iterator[None]:
    """Transactions of the block, and of tasks that it creates, use connections that requests cannot take up.

    For jobs, the clock and what providers tell: however many people ask at once, money settles and auctions end.
    """
    token = _RESERVED.set(True)
    try:
        yield
    finally:
        _RESERVED.reset(token)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class ActorRole(StrEnum):
    """What row-level security knows of who acts."""

    PUBLIC = "public"
    USER = "user"
    STAFF = "staff"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """On whose behalf a transaction runs."""

    role: ActorRole
    user_id: UUID | None = None

    @classmethod
    def user(cls, user_id: UUID) -> "Actor":
        """A signed-in person."""
        return cls(ActorRole.USER, user_id)

    @classmethod
    def staff(cls, user_id: UUID) -> "Actor":
        """A moderator, support or admin person."""
        return cls(ActorRole.STAFF, user_id)


PUBLIC = Actor(ActorRole.PUBLIC)
SYSTEM = Actor(ActorRole.SYSTEM)


class Transaction:
    """One unit of work on one connection. Made by `Database.transaction`; commits when its block ends well."""

    def __init__(self, connection: AsyncConnection, actor: Actor) -> None:
        self.connection = connection
        self.actor = actor
        self._events: list[Event] = []
        self._stored: list[StoredEvent] = []
        self._after_commit: list[Callable[[], Awaitable[None] | None]] = []

    async def all(self, statement: Executable | str, parameters: Mapping[str, Any] | None = None) -> Sequence[Row[Any]]:
        """Every row of a SQLAlchemy statement, or of SQL text with `:name` parameters."""
        return (await self.connection.execute(_as_executable(statement), parameters)).all()

    async def mappings(
        self, statement: Executable | str, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]:
        """As `all`, rows by column name."""
        return (await self.connection.execute(_as_executable(statement), parameters)).mappings().all()

    async def first(self, statement: Executable | str, parameters: Mapping[str, Any] | None = None) -> Row[Any] | None:
        """The first row, or None."""
        return (await self.connection.execute(_as_executable(statement), parameters)).first()

    async def scalar(self, statement: Executable | str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self.connection.execute(_as_executable(statement), parameters)).scalar()

    async def run(self, statement: Executable | str, parameters: Any = None) -> int:
        """Execute; how many rows it touched. `parameters` may be a list for many rows."""
        return (await self.connection.execute(_as_executable(statement), parameters)).rowcount

    async def act_as(self, actor: Actor) -> None:
        """Be another actor for the rest of this transaction: the system may become someone who sees less.

        Raises RuntimeError for anyone else.
        """
        if self.actor.role is not ActorRole.SYSTEM:
            raise RuntimeError("only the system may act as another")
        self.actor = actor
        await set_actor(self.connection, actor)

    async def driver(self) -> psycopg.AsyncConnection[TupleRow]:
        """The psycopg connection of this transaction, for hand-written set-based SQL."""
        raw = await self.connection.get_raw_connection()
        return raw.driver_connection  # type: ignore[return-value]

    def emit(self, event: Event) -> None:
        """Append `event` to the outbox in this transaction; it is published after the commit."""
        self._events.append(event)

    def published(self, events: Sequence[StoredEvent]) -> None:
        """Publish `events`, already in the outbox, once this transaction has committed."""
        self._stored.extend(events)

    def after_commit(self, call: Callable[[], Awaitable[None] | None]) -> None:
        """Run `call` once the commit is durable; never when it rolls back."""
        self._after_commit.append(call)

    async def write_events(self) -> list[StoredEvent]:
        """Write what was emitted; called by the database just before commit."""
        stored = self._stored
        if self._events:
            stored = stored + await outbox.append(await self.driver(), self._events)
        self._events, self._stored = [], []
        return stored

    async def run_after_commit(self) -> None:
        """Call the hooks in the order they were added; called by the database after commit."""
        for call in self._after_commit:
            result = call()
            if result is not None:
                await result


def _as_executable(statement: Executable | str) -> Executable:
    return text(statement) if isinstance(statement, str) else statement


def sqlalchemy_url(url: str) -> str:
    """`postgres://`, `postgresql://` or `postgresql+psycopg://` as SQLAlchemy's psycopg 3 URL."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def libpq_url(url: str) -> str:
    """The same database as a URL that libpq and psycopg take."""
    return make_url(sqlalchemy_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)


def _engine(url: str, connections: int) -> AsyncEngine:
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_WAIT_SECONDS,
        pool_recycle=_POOL_RECYCLE_SECONDS,
        pool_pre_ping=False,
        use_native_hstore=False,
        connect_args={
            # The pool's connections act as a role that row security binds, whoever the URL names.
            "options": f"-c role={APP_ROLE} -c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS}"
            f" -c lock_timeout={LOCK_TIMEOUT_MS} -c jit=off",
            "application_name": "outcry",
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
        },
    )


class Database:
    """The pools and the units of work of one process."""

    def __init__(self, url: str, *, pool_connections: int = 10) -> None:
        self.url = url
        self._engine = _engine(url, pool_connections)
        self._reserved = _engine(url, RESERVED_CONNECTIONS)
        self._publish: Callable[[Sequence[StoredEvent]], None] = lambda events: None
        # Whether anybody may be listening to a channel: what nobody hears need not be made ready for the bus.
        self.heard: Callable[[str], bool] = lambda channel: False

    def publish_with(self, publish: Callable[[Sequence[StoredEvent]], None], heard: Callable[[str], bool]) -> None:
        """Hand committed events to `publish` (the bus); it must not wait. `heard` is the bus's own."""
        self._publish, self.heard = publish, heard

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Tell the bus of events whose transaction has committed."""
        if events:
            self._publish(events)

    @asynccontextmanager
    async def transaction(self, actor: Actor, *, snapshot: bool = False) -> AsyncIterator[Transaction]:
        """One unit of work as `actor`: commits at the end of the block, rolls back on any exception.

        `snapshot` reads all of it as of one instant (REPEATABLE READ).
        """
        engine = self._reserved if _RESERVED.get() else self._engine
        async with engine.connect() as connection:
            if snapshot:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            transaction = Transaction(connection, actor)
            async with _begun(connection):
                await set_actor(connection, actor)
                yield transaction
                events = await transaction.write_events()
            # Published only when durable: nobody is shown what a crash could take back.
            self.publish(events)
            await transaction.run_after_commit()

    async def connect_raw(self, *, autocommit: bool = True, options: str = "") -> psycopg.AsyncConnection[TupleRow]:
        """A psycopg connection outside the pool, as the app's role: for the desk, LISTEN and the like."""
        return await psycopg.AsyncConnection.connect(
            libpq_url(self.url),
            autocommit=autocommit,
            options=f"-c role={APP_ROLE} -c timezone=UTC -c jit=off -c lock_timeout={LOCK_TIMEOUT_MS} {options}",
            application_name="outcry",
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
        )

    async def close(self) -> None:
        """Close every pooled connection."""
        await self._engine.dispose()
        await self._reserved.dispose()


@asynccontextmanager
async def _begun(connection: AsyncConnection) -> AsyncIterator[None]:
    """A transaction in which a cancellation stays one.

    A query that is cancelled half-way may cost the connection; the rollback then fails, and its error would stand in
    the place of the cancellation: a task that survives its faults would survive being ended, too.
    """
    cancelled: asyncio.CancelledError | None = None
    try:
        async with connection.begin():
            try:
                yield
            except asyncio.CancelledError as error:
                cancelled = error
                raise
    except DBAPIError:
        if cancelled is None:
            raise
        raise cancelled from None


async def set_actor(connection: AsyncConnection, actor: Actor) -> None:
    """Tell row security, for the transaction that runs, who acts."""
    await connection.execute(_SET_ACTOR, {"user_id": str(actor.user_id or ""), "role": actor.role.value})


_SET_ACTOR = text("SELECT set_config('app.user_id', :user_id, true), set_config('app.role', :role, true)")
