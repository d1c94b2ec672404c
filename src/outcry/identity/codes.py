"""One-time codes and links (SPEC ID-1, ID-2): hashed at rest, few tries, short lives, resend back-off."""

import hmac
import secrets
from typing import Literal
from uuid import UUID

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Transaction
from outcry.kernel.errors import RateLimited
from outcry.kernel.ids import new_id

CODE_DIGITS = 6
CODE_SECONDS = 300
CODE_TRIES = 5
LINK_SECONDS = 86_400
LINK_BYTES = 32
# Seconds to wait before the next code: after the 1st, 2nd, 3rd... within BACK_OFF_WINDOW_SECONDS.
RESEND_SECONDS = (30, 60, 120, 300, 900)
BACK_OFF_WINDOW_SECONDS = 3_600

LinkPurpose = Literal["verify_email", "reset_password"]
_CODE = "one_time_codes.code"
_HASH_BYTES = 32


class OneTimeCodes:
    """Makes and spends codes and links."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def make_code(self, tx: Transaction, subject_hash: bytes) -> str:
        """A fresh code for a phone; older ones are void. Raises RateLimited when asked again too soon."""
        # Two requests for one phone at once must not both pass the back-off.
        await tx.run(
            "SELECT pg_advisory_xact_lock(:key)", {"key": int.from_bytes(subject_hash[:8], "big", signed=True)}
        )
        row = await tx.first(
            """
            SELECT count(*) AS sent, extract(epoch FROM now() - max(created_at)) AS age
            FROM one_time_codes WHERE subject_hash = :hash AND purpose = 'phone'
                AND created_at > now() - make_interval(secs => :window)
            """,
            {"hash": subject_hash, "window": BACK_OFF_WINDOW_SECONDS},
        )
        assert row is not None
        if row.sent:
            wait_seconds = RESEND_SECONDS[min(row.sent, len(RESEND_SECONDS)) - 1] - float(row.age)
            if wait_seconds > 0:
                raise RateLimited(retry_after_seconds=int(wait_seconds) + 1)
        await tx.run(
            "UPDATE one_time_codes SET used_at = now() WHERE subject_hash = :hash AND purpose = 'phone'"
            " AND used_at IS NULL",
            {"hash": subject_hash},
        )
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        await self._store(tx, "phone", subject_hash, None, self._hash(subject_hash, code), CODE_TRIES, CODE_SECONDS)
        return code

    async def check_code(self, tx: Transaction, subject_hash: bytes, code: str) -> UUID | None:
        """The id of the phone's code when `code` is it, None otherwise; `spend_code` is what ends it.

        A wrong try counts, so the caller must let that commit; a right one costs nothing. The row stays locked to the
        end of the transaction: of two requests with the same code the second sees what the first made of it.
        """
        row = await tx.first(
            """
            SELECT id, code_hash FROM one_time_codes
            WHERE subject_hash = :hash AND purpose = 'phone' AND used_at IS NULL AND expires_at > now()
                AND tries_left > 0
            ORDER BY created_at DESC LIMIT 1 FOR UPDATE
            """,
            {"hash": subject_hash},
        )
        # Hashed and compared also when there is nothing to compare with: the time taken tells nothing.
        stored = bytes(row.code_hash) if row is not None else bytes(_HASH_BYTES)
        right = hmac.compare_digest(stored, self._hash(subject_hash, code)) and row is not None
        code_id: UUID | None = row.id if row is not None else None
        if right:
            return code_id
        await tx.run("UPDATE one_time_codes SET tries_left = tries_left - 1 WHERE id = :id", {"id": code_id})
        return None

    async def spend_code(self, tx: Transaction, code_id: UUID) -> None:
        """The code that `check_code` found right in this transaction is good no more."""
        await tx.run("UPDATE one_time_codes SET used_at = now() WHERE id = :id", {"id": code_id})

    async def make_link(self, tx: Transaction, purpose: LinkPurpose, user_id: UUID) -> str:
        """A one-time token for a link; older links of the purpose are void."""
        token = secrets.token_urlsafe(LINK_BYTES)
        subject_hash = self._keys.keyed_hash(token, context=f"one_time_codes.{purpose}")
        await tx.run(
            "UPDATE one_time_codes SET used_at = now() WHERE user_id = :id AND purpose = :purpose AND used_at IS NULL",
            {"id": user_id, "purpose": purpose},
        )
        await self._store(tx, purpose, subject_hash, user_id, subject_hash, 1, LINK_SECONDS)
        return token

    async def spend_link(self, tx: Transaction, purpose: LinkPurpose, token: str) -> UUID | None:
        """Whose link this is, once; None when it is wrong, spent or too old."""
        subject_hash = self._keys.keyed_hash(token, context=f"one_time_codes.{purpose}")
        return await tx.scalar(
            "UPDATE one_time_codes SET used_at = now() WHERE subject_hash = :hash AND purpose = :purpose"
            " AND used_at IS NULL AND expires_at > now() RETURNING user_id",
            {"hash": subject_hash, "purpose": purpose},
        )

    async def _store(
        self,
        tx: Transaction,
        purpose: str,
        subject_hash: bytes,
        user_id: UUID | None,
        code_hash: bytes,
        tries: int,
        seconds: int,
    ) -> None:
        await tx.run(
            """
            INSERT INTO one_time_codes (id, purpose, subject_hash, user_id, code_hash, tries_left, expires_at)
            VALUES (:id, :purpose, :subject, :user_id, :code, :tries, now() + make_interval(secs => :seconds))
            """,
            {
                "id": new_id(),
                "purpose": purpose,
                "subject": subject_hash,
                "user_id": user_id,
                "code": code_hash,
                "tries": tries,
                "seconds": seconds,
            },
        )

    def _hash(self, subject_hash: bytes, code: str) -> bytes:
        return self._keys.keyed_hash(f"{subject_hash.hex()}:{code}", context=_CODE)
