"""HTTP of the wallet and of the staff's ledger (API.md "Orders and money")."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import Parameter
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, Principal, access
from outcry.kernel.database import SYSTEM, Actor, Database
from outcry.kernel.http import problems
from outcry.kernel.idempotency import IdempotencyHeader, Idempotent
from outcry.kernel.ids import new_id
from outcry.kernel.paging import DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS, Page
from outcry.ledger import staff
from outcry.ledger.accounts import AccountKind
from outcry.ledger.schemas import Grant, LedgerAccount, LedgerEntry, LedgerTransfer, WalletEntry, WalletView
from outcry.ledger.wallet import Wallets

_WALLET = ["Wallet"]
_STAFF = ["Staff: ledger"]
_SIGNED_IN = access(Access.SIGNED_IN)
_SUPPORT = access(Access.SUPPORT)
_Limit = Annotated[int, Parameter(ge=1, le=MAX_PAGE_ITEMS)]
_Cursor = Annotated[str | None, Parameter(max_length=512)]
_Currency = Annotated[str | None, Parameter(pattern="^[A-Z]{3}$")]
_FIRST_DAY = date(2000, 1, 1)
_LAST_DAY = date(9998, 12, 31)


@get("/v1/wallet", opt=_SIGNED_IN, tags=_WALLET, summary="My wallet", responses=problems(401))
async def get_wallet(principal: Principal, database: Database, ledger_wallets: Wallets) -> WalletView:
    """What is free to spend and what is held, in each currency, and gas units."""
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        return await ledger_wallets.view(tx, principal.user_id)


@get("/v1/wallet/entries", opt=_SIGNED_IN, tags=_WALLET, summary="My wallet's history", responses=problems(401))
async def list_wallet_entries(
    principal: Principal,
    database: Database,
    ledger_wallets: Wallets,
    currency: _Currency = None,
    limit: _Limit = DEFAULT_PAGE_ITEMS,
    cursor: _Cursor = None,
) -> Page[WalletEntry]:
    """Newest first; a hold shows as two lines, one for each bucket. `currency=GAS` shows gas."""
    async with database.transaction(Actor.user(principal.user_id), snapshot=True) as tx:
        return await ledger_wallets.entries(tx, principal.user_id, currency, limit, cursor)


@get(
    "/v1/wallet/statement.csv",
    opt=_SIGNED_IN,
    tags=_WALLET,
    summary="My statement as CSV",
    media_type="text/csv",
    responses=problems(401),
)
async def wallet_statement(
    principal: Principal,
    database: Database,
    ledger_wallets: Wallets,
    currency: _Currency = None,
    first_day: Annotated[date, Parameter(query="from")] = _FIRST_DAY,
    last_day: Annotated[date, Parameter(query="to")] = _LAST_DAY,
) -> Response[str]:
    """One currency (the market's unless named), oldest first, from the day `from` to the day `to`, both included,
    in UTC. Amounts are in units with their decimals."""
    since = datetime.combine(first_day, time(), UTC)
    until = datetime.combine(min(last_day, _LAST_DAY) + timedelta(days=1), time(), UTC)
    async with database.transaction(Actor.user(principal.user_id)) as tx:
        written = await ledger_wallets.statement(tx, principal.user_id, currency, since, until)
    headers = {"Content-Disposition": 'attachment; filename="statement.csv"', "Cache-Control": "no-store"}
    return Response(written, media_type="text/csv; charset=utf-8", headers=headers)


@get("/v1/admin/ledger/accounts", opt=_SUPPORT, tags=_STAFF, summary="Accounts", responses=problems(401, 403))
async def list_accounts(
    principal: Principal,
    database: Database,
    kind: AccountKind | None = None,
    owner_id: UUID | None = None,
    currency: _Currency = None,
    limit: _Limit = DEFAULT_PAGE_ITEMS,
    cursor: _Cursor = None,
) -> Page[LedgerAccount]:
    """By id; of a kind, an owner, a currency."""
    async with database.transaction(principal.actor) as tx:
        return await staff.list_accounts(tx, kind, owner_id, currency, limit, cursor)


@get(
    "/v1/admin/ledger/accounts/{account_id:uuid}/entries",
    opt=_SUPPORT,
    tags=_STAFF,
    summary="An account's entries",
    responses=problems(401, 403, 404),
)
async def list_entries(
    account_id: UUID,
    principal: Principal,
    database: Database,
    limit: _Limit = DEFAULT_PAGE_ITEMS,
    cursor: _Cursor = None,
) -> Page[LedgerEntry]:
    """Newest first."""
    async with database.transaction(principal.actor) as tx:
        return await staff.list_entries(tx, account_id, limit, cursor)


@get(
    "/v1/admin/ledger/transfers/{transfer_id:uuid}",
    opt=_SUPPORT,
    tags=_STAFF,
    summary="A transfer",
    responses=problems(401, 403, 404),
)
async def get_transfer(transfer_id: UUID, principal: Principal, database: Database) -> LedgerTransfer:
    """With all its legs."""
    async with database.transaction(principal.actor) as tx:
        return await staff.read_transfer(tx, transfer_id)


@post(
    "/v1/dev/grant",
    opt=access(Access.PUBLIC),
    status_code=200,
    tags=["Development"],
    summary="Fund somebody's wallet",
    responses=problems(401, 404, 409),
)
async def grant(
    data: Grant,
    database: Database,
    ledger_wallets: Wallets,
    idempotent: Idempotent,
    idempotency_key: IdempotencyHeader = None,
) -> Response[WalletView]:
    """Development only: through the ledger, out of the account `grants`. The answer is the wallet after it."""
    async with database.transaction(SYSTEM) as tx:

        async def give() -> Any:
            return await ledger_wallets.grant(tx, data, f"grant:{new_id()}")

        return await idempotent.answer(tx, data, give, status=200)


ROUTES: Sequence[ControllerRouterHandler] = [
    get_wallet, list_wallet_entries, wallet_statement, list_accounts, list_entries, get_transfer,
]  # fmt: skip
DEVELOPMENT_ROUTES: Sequence[ControllerRouterHandler] = [grant]
