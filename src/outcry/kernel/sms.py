"""SMS by Twilio's REST API (SPEC ID-2, NTF-2): a code that comes late is no use, so it is tried while it lives.

Twilio knows no keys for repeats: after a crash between its answer and our note of it, a text may come twice.
"""

import httpx
import msgspec

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Database
from outcry.kernel.delivery import Delayed, Delivery, Refused
from outcry.kernel.messages import QueuedMessage
from outcry.kernel.settings import Settings, SmsGateway, sms_gateway

# Two seconds, doubling: four minutes in all.
MAX_TRIES = 8
FIRST_RETRY_SECONDS = 2
# What is texted are codes, which live five minutes.
MAX_AGE_SECONDS = 300
SEND_SECONDS = 10.0
_TAKEN = 201
# The number cannot be texted, or does not want to be; anything else may pass, or is ours to mend.
_PERMANENT = 400


class _Refusal(msgspec.Struct, frozen=True):
    code: int | None = None


_decode_refusal = msgspec.json.Decoder(_Refusal).decode


class Sms(Delivery):
    """Sends texts that are queued."""

    channel = "sms"
    max_tries = MAX_TRIES
    first_retry_seconds = FIRST_RETRY_SECONDS
    max_age_seconds = MAX_AGE_SECONDS

    def __init__(self, database: Database, keys: KeyRing, settings: Settings) -> None:
        super().__init__(database, keys)
        self._gateway: SmsGateway | None = sms_gateway(settings.sms_url) if settings.sms_url else None
        # Twilio's name for a pool of numbers begins so.
        self._from = "MessagingServiceSid" if settings.sms_from.startswith("MG") else "From"
        self._sender = settings.sms_from

    @property
    def is_set_up(self) -> bool:
        """With `sms_url`."""
        return self._gateway is not None

    async def _send(self, message: QueuedMessage) -> None:
        gateway = self._gateway
        assert gateway is not None
        words = {"To": message.recipient, self._from: self._sender, "Body": message.body}
        try:
            async with httpx.AsyncClient(auth=(gateway.account, gateway.token), timeout=SEND_SECONDS) as client:
                answer = await client.post(gateway.messages_url, data=words)
        except httpx.HTTPError as failed:
            raise Delayed(f"Twilio could not be reached: {type(failed).__name__}") from None
        if answer.status_code == _TAKEN:
            return
        told = f"Twilio answered {answer.status_code}{_code_in(answer.content)}"
        raise Refused(told) if answer.status_code == _PERMANENT else Delayed(told)


def _code_in(body: bytes) -> str:
    """Twilio's own number for what is wrong; its words repeat the person's."""
    try:
        code = _decode_refusal(body).code
    except msgspec.MsgspecError:
        return ""
    return "" if code is None else f" ({code})"
