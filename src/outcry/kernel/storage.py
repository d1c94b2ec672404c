"""Objects (SPEC CAT-3): a local folder by default, S3, MinIO, R2 or GCS by URL; one interface over obstore."""

from pathlib import Path
from typing import Any

import obstore
from obstore.store import LocalStore, from_url

from outcry.kernel.settings import Settings


class Storage:
    """Bytes by key."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def put(self, key: str, data: bytes) -> None:
        """Write or overwrite."""
        await obstore.put_async(self._store, key, data)

    async def get(self, key: str) -> bytes | None:
        """All of it, or None when there is no such object."""
        try:
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())
        except FileNotFoundError:
            return None

    async def delete(self, *keys: str) -> None:
        """Remove; fine when it is not there."""
        for key in keys:
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                continue


def open_storage(settings: Settings) -> Storage:
    """The store the settings name."""
    if settings.storage_url:
        return Storage(from_url(settings.storage_url))
    folder: Path = settings.data_path / "objects"
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(folder))
