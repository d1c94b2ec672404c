"""A person's own data (SPEC ID-6, ID-7): profile, sessions, consents, blocks, export, deletion."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from outcry.identity import queries
from outcry.identity.accounts import REQUIRED_CONSENTS, Accounts
from outcry.identity.errors import ConsentRequired, SessionNotFound, UserNotFound
from outcry.identity.ports import PersonalRecords
from outcry.identity.rating_board import UNRATED, NoRatings, RatingBoard
from outcry.identity.schemas import (
    Consents,
    ConsentView,
    PatchMe,
    PublicUser,
    SessionView,
    UserView,
    Verified,
)
from outcry.kernel.access import Principal
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.errors import InvalidInput
from outcry.kernel.market import Market
from outcry.kernel.times import rfc3339

MAX_BLOCKS = 1_000
MAX_SESSIONS_SHOWN = 100
ANONYMOUS_NAME = "Former member"


class Profiles:
    """What a person sees and does with its own account."""

    def __init__(self, accounts: Accounts, market: Market, keys: KeyRing) -> None:
        self._accounts = accounts
        self._market = market
        self._keys = keys
        # What other domains keep of a person; the composition root adds them.
        self.records: list[PersonalRecords] = []
        # Set by the composition root, for orders stand above.
        self.rating_board: RatingBoard = NoRatings()

    async def patch(self, tx: Transaction, user_id: UUID, body: PatchMe) -> UserView:
        """Change what the body names. Raises InvalidInput."""
        if body.language is not None and body.language not in self._market.languages:
            raise InvalidInput(("/language", f"must be one of {', '.join(self._market.languages)}"))
        if body.time_zone is not None:
            try:
                ZoneInfo(body.time_zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise InvalidInput(("/time_zone", "is not a known IANA time zone")) from None
        await tx.run(
            """
            UPDATE users SET display_name = coalesce(CAST(:name AS text), display_name),
                language = coalesce(CAST(:language AS text), language),
                time_zone = coalesce(CAST(:time_zone AS text), time_zone)
            WHERE id = :id
            """,
            {
                "id": user_id,
                "name": body.display_name.strip() if body.display_name else None,
                "language": body.language,
                "time_zone": body.time_zone,
            },
        )
        return await self._accounts.user_view(tx, user_id)

    async def public(self, tx: Transaction, user_id: UUID) -> PublicUser:
        """A person as others see it; run as the system, which may see what is verified. Raises UserNotFound."""
        row = await queries.read_user(tx, user_id)
        if row is None:
            raise UserNotFound()
        kinds = await queries.verified_kinds(tx, user_id)
        ratings = await self.rating_board.summaries(tx, [user_id])
        verified = Verified("email" in kinds, "phone" in kinds)
        return PublicUser(row.id, row.display_name, rfc3339(row.created_at), verified, ratings.get(user_id, UNRATED))

    async def sessions(self, tx: Transaction, principal: Principal) -> list[SessionView]:
        """Where the person is signed in, newest first."""
        rows = await tx.all(
            "SELECT id, origin, created_at, used_at FROM sessions WHERE user_id = :id AND revoked_at IS NULL"
            " ORDER BY id DESC LIMIT :limit",
            {"id": principal.user_id, "limit": MAX_SESSIONS_SHOWN},
        )
        return [
            SessionView(
                row.id, row.origin, rfc3339(row.created_at), rfc3339(row.used_at), row.id == principal.session_id
            )
            for row in rows
        ]

    async def end_session(self, tx: Transaction, principal: Principal, session_id: UUID) -> None:
        """Raises SessionNotFound."""
        if not await self._accounts.revoke(tx, principal.user_id, session_id):
            raise SessionNotFound()

    async def consents(self, tx: Transaction, user_id: UUID) -> list[ConsentView]:
        """How every consent stands."""
        latest = await queries.latest_consents(tx, user_id)
        due = await self._accounts.consents_due(tx, user_id)
        views: list[ConsentView] = []
        for kind, version in self._market.consent_versions.items():
            row = latest.get(kind)
            views.append(
                ConsentView(
                    kind,
                    row.version if row else None,
                    version,
                    bool(row and row.granted),
                    kind in REQUIRED_CONSENTS,
                    kind in due,
                    rfc3339(row.at) if row else None,
                )
            )
        return views

    async def give_consents(self, tx: Transaction, user_id: UUID, body: Consents, origin: str) -> list[ConsentView]:
        """Agree to the versions in force; required ones cannot be withdrawn but with the account."""
        missing = [kind for kind in REQUIRED_CONSENTS if not getattr(body, kind)]
        if missing:
            raise ConsentRequired(*((f"/{kind}", "is required; delete the account to withdraw it") for kind in missing))
        given = {kind: (version, getattr(body, kind)) for kind, version in self._market.consent_versions.items()}
        await queries.add_consents(tx, user_id, given, origin)
        return await self.consents(tx, user_id)

    async def block(self, tx: Transaction, user_id: UUID, other_id: UUID) -> None:
        """That person cannot bid on this one's auctions. Raises UserNotFound, InvalidInput."""
        if other_id == user_id:
            raise InvalidInput(("/user_id", "you cannot block yourself"))
        if await queries.read_user(tx, other_id) is None:
            raise UserNotFound()
        held = await tx.scalar("SELECT count(*) FROM blocks WHERE blocker_id = :id", {"id": user_id})
        if held >= MAX_BLOCKS:
            raise InvalidInput(("/user_id", f"at most {MAX_BLOCKS} people can be blocked"))
        await tx.run(
            "INSERT INTO blocks (blocker_id, blocked_id) VALUES (:id, :other) ON CONFLICT DO NOTHING",
            {"id": user_id, "other": other_id},
        )
        await queries.raise_restriction_version(tx)

    async def unblock(self, tx: Transaction, user_id: UUID, other_id: UUID) -> None:
        """Fine when there was no block."""
        await tx.run(
            "DELETE FROM blocks WHERE blocker_id = :id AND blocked_id = :other", {"id": user_id, "other": other_id}
        )
        await queries.raise_restriction_version(tx)

    async def export(self, tx: Transaction, principal: Principal) -> dict[str, Any]:
        """Everything kept of a person, as plain data."""
        user_id = principal.user_id
        blocks = await tx.all("SELECT blocked_id, created_at FROM blocks WHERE blocker_id = :id", {"id": user_id})
        kept: dict[str, Any] = {}
        for records in self.records:
            kept.update(await records.export(tx, user_id))
        return {
            **kept,
            "user": await self._accounts.user_view(tx, user_id),
            "sessions": await self.sessions(tx, principal),
            "consents": await self.consents(tx, user_id),
            "blocked": [{"user_id": row.blocked_id, "at": rfc3339(row.created_at)} for row in blocks],
        }

    async def delete(self, tx: Transaction, user_id: UUID) -> None:
        """Take the person out of the data; the id stays, for ledgers and histories. Run as the system.

        Raises what another domain refuses, such as money left in the wallet.
        """
        for records in self.records:
            await records.leave(tx, user_id)
        for table in ("user_contacts", "passwords", "external_identities", "user_roles"):
            await tx.run(f"DELETE FROM {table} WHERE user_id = :id", {"id": user_id})
        await tx.run("DELETE FROM blocks WHERE blocker_id = :id OR blocked_id = :id", {"id": user_id})
        await tx.run(
            "UPDATE users SET display_name = :name, avatar_media_id = NULL, deleted_at = now() WHERE id = :id",
            {"id": user_id, "name": ANONYMOUS_NAME},
        )
        await queries.raise_restriction_version(tx)
        await self._accounts.revoke(tx, user_id)


class Staffing:
    """Roles and suspension; run as the system, by staff or the command line."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def set_role(self, tx: Transaction, user_id: UUID, role: str) -> None:
        """Exactly this staff role, or none for `user`; at once, also for tokens already out. Raises UserNotFound."""
        if await queries.read_user(tx, user_id) is None:
            raise UserNotFound()
        await tx.run("DELETE FROM user_roles WHERE user_id = :id", {"id": user_id})
        if role != "user":
            await tx.run("INSERT INTO user_roles (user_id, role) VALUES (:id, :role)", {"id": user_id, "role": role})
        self._accounts.changed(tx, user_id)

    async def suspend(self, tx: Transaction, user_id: UUID, reason: str) -> None:
        """May read, but not bid or sell (SPEC TRU-2)."""
        await self._set_suspended(tx, user_id, reason)

    async def reinstate(self, tx: Transaction, user_id: UUID) -> None:
        """May act again."""
        await self._set_suspended(tx, user_id, None)

    async def _set_suspended(self, tx: Transaction, user_id: UUID, reason: str | None) -> None:
        touched = await tx.run(
            "UPDATE users SET suspended_at = CASE WHEN CAST(:reason AS text) IS NOT NULL THEN now() END,"
            " suspension_reason = :reason WHERE id = :id AND deleted_at IS NULL",
            {"id": user_id, "reason": reason},
        )
        if not touched:
            raise UserNotFound()
        await queries.raise_restriction_version(tx)
        self._accounts.changed(tx, user_id)
