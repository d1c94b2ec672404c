"""Uploads: asked for, sent, completed, shown, and cleaned up when nobody used them (SPEC CAT-3)."""

import asyncio
import hmac
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import msgspec

from outcry.kernel.access import Principal
from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import SYSTEM, Database, Transaction
from outcry.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from outcry.kernel.ids import new_id
from outcry.kernel.settings import Settings
from outcry.kernel.storage import Storage
from outcry.kernel.times import utc_now
from outcry.media.images import VARIANTS, NotAnImage, Variant, make_variants

UPLOAD_SECONDS = 900
ORPHAN_AGE = timedelta(hours=24)
MAX_WAITING_UPLOADS = 100
IMAGE_THREADS = 2
CLEANED_AT_ONCE = 200
# An address of a private picture is good for one to two of these.
VIEW_SECONDS = 1_800

Purpose = Literal["listing", "evidence"]


class MediaNotFound(NotFound):
    """No such upload of this person."""

    title = "There is no such upload"


class UploadMissing(Conflict):
    """Nothing has been uploaded yet."""

    code = "upload_missing"
    title = "Nothing has been uploaded yet"


class UploadUrl(msgspec.Struct, frozen=True):
    """Where and how to send the bytes."""

    url: str
    method: Literal["PUT"]
    headers: dict[str, str]


class UploadTicket(msgspec.Struct, frozen=True):
    """The answer to asking for an upload."""

    upload: UploadUrl
    media_id: UUID


class VariantView(msgspec.Struct, frozen=True):
    """One size of a picture."""

    name: str
    width: int
    height: int
    url: str
    content_type: str


class MediaView(msgspec.Struct, frozen=True):
    """A medium with its variants, smallest first."""

    id: UUID
    kind: str
    status: str
    variants: list[VariantView]


class MediaService:
    """Uploads and their variants."""

    def __init__(self, database: Database, storage: Storage, settings: Settings, keys: KeyRing) -> None:
        self._database = database
        self._storage = storage
        self._settings = settings
        # Signed with the newest; addresses that are out when the key is replaced stay good.
        self._keys = keys.derive_all("media-upload")
        self._view_keys = keys.derive_all("media-view")
        self._threads = ThreadPoolExecutor(IMAGE_THREADS, thread_name_prefix="images")

    async def ask(
        self, tx: Transaction, principal: Principal, content_type: str, purpose: Purpose = "listing"
    ) -> UploadTicket:
        """A place for one upload. Raises InvalidInput beyond MAX_WAITING_UPLOADS."""
        waiting = await tx.scalar(
            "SELECT count(*) FROM media WHERE owner_id = :id AND status = 'waiting' AND created_at > now() - :age",
            {"id": principal.user_id, "age": timedelta(seconds=UPLOAD_SECONDS)},
        )
        if waiting >= MAX_WAITING_UPLOADS:
            raise InvalidInput(("/content_type", f"at most {MAX_WAITING_UPLOADS} uploads may wait; complete some"))
        media_id = new_id()
        await tx.run(
            "INSERT INTO media (id, owner_id, content_type, purpose) VALUES (:id, :owner, :type, :purpose)",
            {"id": media_id, "owner": principal.user_id, "type": content_type, "purpose": purpose},
        )
        expires = int(utc_now().timestamp()) + UPLOAD_SECONDS
        signature = _signature(self._keys[0], media_id, expires)
        url = f"/v1/media/{media_id}/content?expires={expires}&signature={signature}"
        return UploadTicket(UploadUrl(url, "PUT", {"Content-Type": content_type}), media_id)

    def check_signature(self, media_id: UUID, expires: int, signature: str) -> None:
        """Raises Forbidden for a URL that is not ours or too old."""
        _check_signature(self._keys, media_id, expires, signature, "upload")

    def check_view_signature(self, media_id: UUID, expires: int, signature: str) -> None:
        """Raises Forbidden for the address of a private picture that is not ours or too old."""
        _check_signature(self._view_keys, media_id, expires, signature, "picture's")

    async def receive(self, media_id: UUID, data: bytes) -> None:
        """Keep the bytes of an upload that waits. Raises MediaNotFound."""
        async with self._database.transaction(SYSTEM) as tx:
            status = await tx.scalar("SELECT status FROM media WHERE id = :id", {"id": media_id})
        if status != "waiting":
            raise MediaNotFound()
        await self._storage.put(_upload_key(media_id), data)

    async def complete(self, principal: Principal, media_id: UUID) -> MediaView:
        """Check and resize an upload; again gives the same. Raises MediaNotFound, UploadMissing, InvalidInput."""
        async with self._database.transaction(principal.actor) as tx:
            row = await tx.first(
                "SELECT * FROM media WHERE id = :id AND owner_id = :owner", {"id": media_id, "owner": principal.user_id}
            )
        if row is None:
            raise MediaNotFound()
        if row.status == "ready":
            return self._view(row)
        data = await self._storage.get(_upload_key(media_id))
        if data is None:
            raise UploadMissing()
        try:
            made = await asyncio.get_running_loop().run_in_executor(
                self._threads, make_variants, data, row.content_type
            )
        except NotAnImage as wrong:
            await self._finish(principal, media_id, "refused", [])
            raise InvalidInput(("/content", str(wrong))) from None
        finally:
            await self._storage.delete(_upload_key(media_id))
        for variant, encoded in made:
            await self._storage.put(_variant_key(media_id, variant.name, private=_is_private(row)), encoded)
        return await self._finish(principal, media_id, "ready", [variant for variant, _ in made])

    async def _finish(
        self, principal: Principal, media_id: UUID, status: str, variants: Sequence[Variant]
    ) -> MediaView:
        async with self._database.transaction(principal.actor) as tx:
            row = await tx.first(
                "UPDATE media SET status = :status, variants = CAST(:variants AS json) WHERE id = :id RETURNING *",
                {"id": media_id, "status": status, "variants": msgspec.json.encode(variants).decode()},
            )
        assert row is not None
        return self._view(row)

    async def read_variant(self, media_id: UUID, name: str, *, private: bool = False) -> bytes | None:
        """The bytes of a variant; private ones are kept apart, so that no public address leads to them."""
        return await self._storage.get(_variant_key(media_id, name, private=private))

    async def private_views(self, tx: Transaction, media_ids: Sequence[UUID]) -> dict[UUID, MediaView]:
        """Ready media by id that the transaction's actor may see, with addresses that end."""
        if not media_ids:
            return {}
        rows = await tx.all("SELECT * FROM media WHERE id = ANY(:ids) AND status = 'ready'", {"ids": list(media_ids)})
        return {row.id: self._view(row) for row in rows}

    def _view(self, row: Any) -> MediaView:
        if not _is_private(row):
            return media_view(row)
        # The same address for a while, so that a browser need not fetch the picture each time it is shown.
        now = int(utc_now().timestamp())
        expires = now - now % VIEW_SECONDS + 2 * VIEW_SECONDS
        signature = _signature(self._view_keys[0], row.id, expires)
        return media_view(row, f"?expires={expires}&signature={signature}")

    async def clean_orphans(self) -> int:
        """Remove what was uploaded and never used; how many."""
        async with self._database.transaction(SYSTEM) as tx:
            rows = await tx.all(
                "DELETE FROM media WHERE id IN (SELECT id FROM media WHERE NOT attached AND created_at < now() - :age"
                " LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id",
                {"age": ORPHAN_AGE, "limit": CLEANED_AT_ONCE},
            )
        for row in rows:
            keys = [_variant_key(row.id, name, private=private) for name, _ in VARIANTS for private in (False, True)]
            await self._storage.delete(_upload_key(row.id), *keys)
        return len(rows)


async def views(tx: Transaction, media_ids: Sequence[UUID]) -> dict[UUID, MediaView]:
    """Ready media by id."""
    if not media_ids:
        return {}
    rows = await tx.all("SELECT * FROM media WHERE id = ANY(:ids) AND status = 'ready'", {"ids": list(media_ids)})
    return {row.id: media_view(row) for row in rows}


async def attach(tx: Transaction, owner_id: UUID, media_ids: Sequence[UUID], purpose: Purpose = "listing") -> None:
    """Mark as used. Raises InvalidInput for one that is not the owner's, not ready, or for another purpose."""
    rows = await tx.all(
        "SELECT id FROM media WHERE id = ANY(:ids) AND owner_id = :owner AND status = 'ready' AND purpose = :purpose",
        {"ids": list(media_ids), "owner": owner_id, "purpose": purpose},
    )
    known = {row.id for row in rows}
    wrong = [
        (f"/media_ids/{at}", f"is not a completed upload of yours for the purpose {purpose}")
        for at, one in enumerate(media_ids)
        if one not in known
    ]
    if wrong:
        raise InvalidInput(*wrong)
    await tx.run("UPDATE media SET attached = true WHERE id = ANY(:ids)", {"ids": list(media_ids)})


def media_view(row: Any, query: str = "") -> MediaView:
    """A row of `media` as it is shown; `query` is what the addresses of a private one end with."""
    variants = [
        VariantView(
            item["name"], item["width"], item["height"], f"/media/{row.id}/{item['name']}.webp{query}", "image/webp"
        )
        for item in row.variants or []
    ]
    return MediaView(row.id, row.kind, row.status, variants)


def _signature(key: bytes, media_id: UUID, expires: int) -> str:
    return hmac.new(key, f"{media_id}:{expires}".encode(), sha256).hexdigest()


def _check_signature(keys: Sequence[bytes], media_id: UUID, expires: int, signature: str, what: str) -> None:
    good = [_signature(key, media_id, expires) for key in keys]
    if not any(hmac.compare_digest(one.encode(), signature.encode()) for one in good):
        raise Forbidden(f"This {what} address is not valid")
    if expires < utc_now().timestamp():
        raise Forbidden(f"This {what} address has expired")


def _is_private(row: Any) -> bool:
    return row.purpose != "listing"


def _upload_key(media_id: UUID) -> str:
    return f"uploads/{media_id}"


def _variant_key(media_id: UUID, name: str, *, private: bool = False) -> str:
    return f"{'private' if private else 'media'}/{media_id}/{name}.webp"
