"""Signing up, in and out (SPEC ID-1, ID-4, ID-6): sessions, rotation of refresh tokens, one-time links."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from outcry.identity import queries, strikes
from outcry.identity.authentication import IDENTITY_CHANGED
from outcry.identity.codes import OneTimeCodes
from outcry.identity.errors import (
    BadCode,
    BadCredentials,
    BadRefreshToken,
    ConsentRequired,
    EmailTaken,
    UserNotFound,
)
from outcry.identity.passwords import Passwords
from outcry.identity.schemas import Consents, SessionTokens, SignUp, UserView, Verified
from outcry.identity.tokens import Tokens, new_refresh_token, refresh_token_hash
from outcry.kernel.bus import Bus
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.ids import new_id
from outcry.kernel.market import Market
from outcry.kernel.messages import queue_message
from outcry.kernel.settings import Settings
from outcry.kernel.times import rfc3339

REQUIRED_CONSENTS = ("offer_agreement", "personal_data")
# Two tabs may refresh with one token at the same moment; a thief comes later.
REFRESH_GRACE = timedelta(seconds=10)
MAX_ORIGIN_CHARACTERS = 200


class Accounts:
    """The use cases around a session."""

    def __init__(
        self,
        database: Database,
        *,
        settings: Settings,
        market: Market,
        keys: KeyRing,
        bus: Bus,
        tokens: Tokens,
        passwords: Passwords,
    ) -> None:
        self.database = database
        self.codes = OneTimeCodes(keys)
        self._settings = settings
        self._market = market
        self._keys = keys
        self._bus = bus
        self._tokens = tokens
        self.passwords = passwords

    async def sign_up(self, body: SignUp, origin: str) -> SessionTokens:
        """A new person with e-mail and password. Raises ConsentRequired, EmailTaken."""
        self.require_consents(body.consents)
        password_hash = await self.passwords.hash(body.password)
        async with self.database.transaction(SYSTEM) as tx:
            user_id = await self.create_person(tx, body.display_name, body.consents, origin)
            if not await queries.add_contact(tx, self._keys, user_id, "email", body.email, verified=False):
                raise EmailTaken()
            await queries.set_password(tx, user_id, password_hash)
            await self._send_link(tx, user_id, body.email, "verify_email")
            return await self.open_session(tx, user_id, origin)

    async def log_in(self, email: str, password: str, origin: str) -> SessionTokens:
        """Raises BadCredentials, after the same work whether or not the e-mail is known."""
        async with self.database.transaction(SYSTEM) as tx:
            found = await queries.user_of_contact(tx, self._keys, "email", email)
        stored = found.password_hash if found else None
        if not await self.passwords.check(stored, password):
            raise BadCredentials()
        assert found is not None
        renewed = await self.passwords.hash(password) if self.passwords.outdated(found.password_hash) else None
        async with self.database.transaction(SYSTEM) as tx:
            if renewed is not None:
                await queries.set_password(tx, found.user_id, renewed)
            return await self.open_session(tx, found.user_id, origin)

    async def refresh(self, token: str, origin: str) -> SessionTokens:
        """A new pair for a refresh token, which is then spent (SPEC ID-4).

        A spent token that comes again after the grace has been stolen from one of the two: its whole session
        ends. Raises BadRefreshToken.
        """
        stolen: UUID | None = None
        async with self.database.transaction(SYSTEM) as tx:
            row = await tx.first(
                """
                SELECT t.session_id, t.used_at, t.expires_at <= now() AS expired, s.user_id, s.revoked_at,
                    t.used_at < now() - CAST(:grace AS interval) AS reused
                FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
                WHERE t.token_hash = :hash FOR UPDATE OF t
                """,
                {"hash": refresh_token_hash(token), "grace": REFRESH_GRACE},
            )
            if row is None or row.expired or row.revoked_at is not None:
                raise BadRefreshToken()
            if row.reused:
                await self._revoke_sessions(tx, row.user_id, row.session_id)
                stolen = row.session_id
            else:
                await tx.run(
                    "UPDATE refresh_tokens SET used_at = coalesce(used_at, now()) WHERE token_hash = :hash",
                    {"hash": refresh_token_hash(token)},
                )
                await tx.run(
                    "UPDATE sessions SET used_at = now(), origin = :origin WHERE id = :id",
                    {"id": row.session_id, "origin": origin[:MAX_ORIGIN_CHARACTERS]},
                )
                return await self._issue(tx, row.user_id, row.session_id)
        # Raised outside the transaction: the revocation must stand.
        assert stolen is not None
        raise BadRefreshToken("This refresh token was used before; its session has been ended")

    async def log_out(self, token: str) -> None:
        """End the session of a refresh token; an unknown one has none."""
        async with self.database.transaction(SYSTEM) as tx:
            row = await tx.first(
                "SELECT s.id, s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id"
                " WHERE t.token_hash = :hash",
                {"hash": refresh_token_hash(token)},
            )
            if row is not None:
                await self._revoke_sessions(tx, row.user_id, row.id)

    async def revoke(self, tx: Transaction, user_id: UUID, session_id: UUID | None = None) -> int:
        """End one session of a person, or all; how many ended."""
        return await self._revoke_sessions(tx, user_id, session_id)

    async def _revoke_sessions(self, tx: Transaction, user_id: UUID, session_id: UUID | None) -> int:
        ended = await tx.run(
            "UPDATE sessions SET revoked_at = now() WHERE user_id = :user_id AND revoked_at IS NULL"
            " AND (CAST(:id AS uuid) IS NULL OR id = :id)",
            {"user_id": user_id, "id": session_id},
        )
        self.changed(tx, user_id)
        return ended

    def changed(self, tx: Transaction, user_id: UUID) -> None:
        """Every process forgets what it knows of this person's tokens, once this is committed."""
        tx.after_commit(lambda: self._bus.signal(IDENTITY_CHANGED, user_id.bytes))

    def require_consents(self, given: Consents | None) -> None:
        """Raises ConsentRequired naming what is missing."""
        missing = [kind for kind in REQUIRED_CONSENTS if given is None or not getattr(given, kind)]
        if missing:
            raise ConsentRequired(*((f"/consents/{kind}", "must be agreed to") for kind in missing))

    async def create_person(self, tx: Transaction, display_name: str, consents: Consents | None, origin: str) -> UUID:
        """A person with the consents given; contacts come after."""
        user_id = new_id()
        await queries.insert_user(tx, user_id, display_name.strip(), self._market.languages[0], self._market.time_zone)
        if consents is not None:
            versions = self._market.consent_versions
            given = {kind: (versions[kind], bool(getattr(consents, kind))) for kind in versions}
            await queries.add_consents(tx, user_id, given, origin[:MAX_ORIGIN_CHARACTERS])
        return user_id

    async def open_session(self, tx: Transaction, user_id: UUID, origin: str) -> SessionTokens:
        """Sign the person in."""
        session_id = new_id()
        await tx.run(
            "INSERT INTO sessions (id, user_id, origin) VALUES (:id, :user_id, :origin)",
            {"id": session_id, "user_id": user_id, "origin": origin[:MAX_ORIGIN_CHARACTERS]},
        )
        return await self._issue(tx, user_id, session_id)

    async def _issue(self, tx: Transaction, user_id: UUID, session_id: UUID) -> SessionTokens:
        refresh_token = new_refresh_token()
        await tx.run(
            "INSERT INTO refresh_tokens (token_hash, session_id, expires_at)"
            " VALUES (:hash, :session_id, now() + make_interval(secs => :seconds))",
            {
                "hash": refresh_token_hash(refresh_token),
                "session_id": session_id,
                "seconds": self._settings.refresh_token_seconds,
            },
        )
        return SessionTokens(
            access_token=self._tokens.access_token(user_id, session_id),
            refresh_token=refresh_token,
            token_type="bearer",  # noqa: S106
            expires_in=self._tokens.access_seconds,
            user=await self.user_view(tx, user_id),
        )

    async def user_view(self, tx: Transaction, user_id: UUID) -> UserView:
        """The person as itself sees it. Raises UserNotFound."""
        row = await queries.read_user(tx, user_id)
        if row is None:
            raise UserNotFound()
        contacts = await queries.read_contacts(tx, self._keys, user_id)
        email, phone = contacts.get("email"), contacts.get("phone")
        return UserView(
            id=row.id,
            display_name=row.display_name,
            email=email[0] if email else None,
            phone=phone[0] if phone else None,
            roles=list(row.roles),
            verified=Verified(bool(email and email[1]), bool(phone and phone[1])),
            created_at=rfc3339(row.created_at),
            language=row.language,
            time_zone=row.time_zone,
            consents_due=await self.consents_due(tx, user_id),
            strikes=await strikes.of_person(tx, user_id),
        )

    async def consents_due(self, tx: Transaction, user_id: UUID) -> list[str]:
        """Required consents whose version in force this person has not agreed to."""
        latest = await queries.latest_consents(tx, user_id)
        return [
            kind
            for kind in REQUIRED_CONSENTS
            if kind not in latest
            or not latest[kind].granted
            or latest[kind].version != self._market.consent_versions[kind]
        ]

    async def _send_link(self, tx: Transaction, user_id: UUID, email: str, purpose: Any) -> None:
        token = await self.codes.make_link(tx, purpose, user_id)
        base = self._settings.public_url or f"http://{self._settings.host}:{self._settings.port}"
        page, subject = {
            "verify_email": ("verify-email", "Confirm your e-mail address"),
            "reset_password": ("reset-password", "Choose a new password"),
        }[purpose]
        body = f"{subject}:\n\n{base}/{page}?token={token}\n\nIf this was not you, ignore this message."
        await queue_message(tx, self._keys, channel="email", recipient=email, subject=subject, body=body)

    async def verify_email(self, token: str) -> None:
        """Raises BadCode."""
        async with self.database.transaction(SYSTEM) as tx:
            user_id = await self.codes.spend_link(tx, "verify_email", token)
            if user_id is None:
                raise BadCode()
            await queries.verify_contact(tx, user_id, "email")

    async def forgot_password(self, email: str) -> None:
        """Mail a link when the e-mail is known; nobody learns whether it is."""
        async with self.database.transaction(SYSTEM) as tx:
            found = await queries.user_of_contact(tx, self._keys, "email", email)
            if found is not None:
                await self._send_link(tx, found.user_id, email, "reset_password")

    async def reset_password(self, token: str, password: str) -> None:
        """A new password by link; ends every session. Raises BadCode."""
        password_hash = await self.passwords.hash(password)
        async with self.database.transaction(SYSTEM) as tx:
            user_id = await self.codes.spend_link(tx, "reset_password", token)
            if user_id is None:
                raise BadCode()
            await queries.set_password(tx, user_id, password_hash)
            await queries.verify_contact(tx, user_id, "email")
            await self._revoke_sessions(tx, user_id, None)

    async def create_staff(self, *, email: str, password: str, display_name: str, role: str | None) -> UUID:
        """For the command line: a person, verified, with a staff role if given. Raises EmailTaken."""
        password_hash = await self.passwords.hash(password)
        everything = Consents(offer_agreement=True, personal_data=True)
        async with self.database.transaction(SYSTEM) as tx:
            user_id = await self.create_person(tx, display_name, everything, "command line")
            if not await queries.add_contact(tx, self._keys, user_id, "email", email, verified=True):
                raise EmailTaken()
            await queries.set_password(tx, user_id, password_hash)
            if role is not None:
                await tx.run(
                    "INSERT INTO user_roles (user_id, role) VALUES (:id, :role)", {"id": user_id, "role": role}
                )
        return user_id
