"""Stream keys at rest (SPEC LIV-2): sealed for their seller, hashed for the media server that asks whose one is."""

from collections.abc import Mapping
from typing import Any

from outcry.kernel.crypto import KeyRing
from outcry.kernel.reencryption import SealedTable

_CONTEXT = "live_sessions.stream_key"


def sealed_stream_key(keys: KeyRing, stream_key: str) -> dict[str, bytes]:
    """The columns of `live_sessions` that keep it."""
    return {
        "stream_key_sealed": keys.encrypt(stream_key, context=_CONTEXT),
        "stream_key_hash": keys.keyed_hash(stream_key, context=_CONTEXT),
    }


def _renew(keys: KeyRing, row: Mapping[str, Any]) -> dict[str, bytes]:
    return sealed_stream_key(keys, keys.decrypt(bytes(row["stream_key_sealed"]), context=_CONTEXT))


SEALED_STREAM_KEYS = SealedTable(
    "live_sessions", key=("id",), columns=("stream_key_sealed", "stream_key_hash"), renew=_renew
)
