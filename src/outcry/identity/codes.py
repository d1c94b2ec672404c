"""One-time codes and links (SPEC ID-1, ID-2): hashed at rest, few tries, short lives, resend back-off."""

import hmac
import secrets
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from outcry.identity.queries import lock_hashes
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
# Which rows can still be used, for whoever asks whether a root key is still needed.
LIVE_CODES = {"one_time_codes": "used_at IS NULL AND expires_at > now()"}
_HASH_BYTES = 32

VOID_LINKS = "UPDATE one_time_codes SET used_at = now() WHERE user_id = :id AND purpose = :purpose AND used_at IS NULL"


class OneTimeCodes:
    """Makes and spends codes and links.

    What is done with a phone's codes is done under the lock of its hashes, taken before anything else.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def make_code(self, tx: Transaction, subject_hashes: Sequence[bytes]) -> str:
        """A fresh code for a phone, by its hashes under every root key, newest first; older codes are void.

        Raises RateLimited when asked again too soon.
        """
        # Two requests for one phone at once must not both pass the back-off.
        await lock_hashes(tx, subject_hashes)
        row = await tx.first(
            """
            SELECT count(*) AS sent, extract(epoch FROM now() - max(created_at)) AS age
            FROM one_time_codes WHERE subject_hash = ANY(:hashes) AND purpose = 'phone'
                AND created_at > now() - make_interval(secs => :window)
            """,
            {"hashes": list(subject_hashes), "window": BACK_OFF_WINDOW_SECONDS},
        )
        assert row is not None
        if row.sent:
            wait_seconds = RESEND_SECONDS[min(row.sent, len(RESEND_SECONDS)) - 1] - float(row.age)
            if wait_seconds > 0:
                raise RateLimited(retry_after_seconds=int(wait_seconds) + 1)
        await tx.run(
            "UPDATE one_time_codes SET used_at = now() WHERE subject_hash = ANY(:hashes) AND purpose = 'phone'"
            " AND used_at IS NULL",
            {"hashes": list(subject_hashes)},
        )
        subject_hash = subject_hashes[0]
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
        code_hash = self._hashes(subject_hash, code)[0]
        await self._store(tx, "phone", subject_hash, None, code_hash, CODE_TRIES, CODE_SECONDS)
        return code

    async def check_code(self, tx: Transaction, subject_hashes: Sequence[bytes], code: str) -> UUID | None:
        """The id of the phone's code when `code` is it, None otherwise; `spend_code` is what ends it.

        A wrong try counts, so the caller must let that commit; a right one costs nothing. The phone stays locked to
        the end of the transaction: of two requests with the same code the second sees what the first made of it.
        """
        await lock_hashes(tx, subject_hashes)
        row = await tx.first(
            """
            SELECT id, subject_hash, code_hash FROM one_time_codes
            WHERE subject_hash = ANY(:hashes) AND purpose = 'phone' AND used_at IS NULL AND expires_at > now()
                AND tries_left > 0
            ORDER BY created_at DESC LIMIT 1
            """,
            {"hashes": list(subject_hashes)},
        )
        # Hashed and compared also when there is nothing to compare with: the time taken tells nothing.
        stored = bytes(row.code_hash) if row is not None else bytes(_HASH_BYTES)
        offered = self._hashes(bytes(row.subject_hash) if row is not None else subject_hashes[0], code)
        right = sum(hmac.compare_digest(stored, one) for one in offered) > 0 and row is not None
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
        subject_hash = self._link_hashes(purpose, token)[0]
        await tx.run(VOID_LINKS, {"id": user_id, "purpose": purpose})
        await self._store(tx, purpose, subject_hash, user_id, subject_hash, 1, LINK_SECONDS)
        return token

    async def spend_link(self, tx: Transaction, purpose: LinkPurpose, token: str) -> UUID | None:
        """Whose link this is, once; None when it is wrong, spent or too old."""
        return await tx.scalar(
            "UPDATE one_time_codes SET used_at = now() WHERE subject_hash = ANY(:hashes) AND purpose = :purpose"
            " AND used_at IS NULL AND expires_at > now() RETURNING user_id",
            {"hashes": self._link_hashes(purpose, token), "purpose": purpose},
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
            INSERT INTO one_time_codes (id, purpose, subject_hash, user_id, code_hash, key_id, tries_left, expires_at)
            VALUES (:id, :purpose, :subject, :user_id, :code, :key_id, :tries,
                now() + make_interval(secs => :seconds))
            """,
            {
                "id": new_id(),
                "purpose": purpose,
                "subject": subject_hash,
                "user_id": user_id,
                "code": code_hash,
                "key_id": self._keys.current_id,
                "tries": tries,
                "seconds": seconds,
            },
        )

    def _hashes(self, subject_hash: bytes, code: str) -> list[bytes]:
        return self._keys.keyed_hashes(f"{subject_hash.hex()}:{code}", context=_CODE)

    def _link_hashes(self, purpose: LinkPurpose, token: str) -> list[bytes]:
        return self._keys.keyed_hashes(token, context=f"one_time_codes.{purpose}")
