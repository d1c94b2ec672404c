"""How the sandbox signs its webhooks, after Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`. Pure."""

import base64
import hmac
from collections.abc import Mapping, Sequence

from outcry.payments.providers import SIGNATURE_TOLERANCE_SECONDS, BadSignature, StaleSignature

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_VERSION = "v1,"
MAX_SIGNATURES = 8


def signed_headers(secret: bytes, event_id: str, body: bytes, *, now_seconds: int) -> dict[str, str]:
    """The headers that go with a body."""
    stamp = str(now_seconds)
    return {ID: event_id, TIMESTAMP: stamp, SIGNATURE: _VERSION + _signature(secret, event_id, stamp, body)}


def verify(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, *, now_seconds: int) -> None:
    """Raises BadSignature, and StaleSignature for a good one of another time."""
    event_id, stamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    given = headers.get(SIGNATURE, "").split(" ")[:MAX_SIGNATURES]
    expected = [_VERSION + _signature(secret, event_id, stamp, body) for secret in secrets]
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected]
    if not any(matches) or not (stamp.isascii() and stamp.isdigit()):
        raise BadSignature()
    if abs(now_seconds - int(stamp)) > SIGNATURE_TOLERANCE_SECONDS:
        raise StaleSignature()


def _signature(secret: bytes, event_id: str, stamp: str, body: bytes) -> str:
    signed = hmac.digest(secret, event_id.encode() + b"." + stamp.encode() + b"." + body, "sha256")
    return base64.b64encode(signed).decode()
