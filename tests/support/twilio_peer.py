"""A peer that speaks Twilio's Messages API as far as texting goes: form in, basic sign-in, JSON out."""

import asyncio
import base64
from typing import Any
from urllib.parse import parse_qs

import msgspec

ACCOUNT, TOKEN = "AC" + "0" * 32, "a-token-of-the-peer"
_PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
_SIGN_IN = b"Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode())


class TwilioPeer:
    """An ASGI app; serve it, and give its address in `sms_url`. `refusals` are answered first, one each."""

    def __init__(self) -> None:
        self.texts: list[dict[str, str]] = []
        self.refusals: list[tuple[int, int]] = []
        self.arrived = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, told = self._answer(scope, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": msgspec.json.encode(told)})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, dict[str, Any]]:
        headers = dict(scope["headers"])
        if headers.get(b"authorization") != _SIGN_IN:
            return 401, _refusal(401, 20003, "Authenticate")
        if scope["method"] != "POST" or scope["path"] != _PATH:
            return 404, _refusal(404, 20404, f"The requested resource {scope['path']} was not found")
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, _refusal(status, code, "No, and here is the number again")
        assert headers[b"content-type"] == b"application/x-www-form-urlencoded"
        text = {name: value for name, (value,) in parse_qs(body.decode(), strict_parsing=True).items()}
        if not text.keys() >= {"To", "Body"} or not text.keys() & {"From", "MessagingServiceSid"}:
            return 400, _refusal(400, 21603, "A 'From' phone number is required.")
        self.texts.append(text)
        self.arrived.set()
        return 201, {"sid": f"SM{len(self.texts):032x}", "status": "queued", "error_code": None, **text}


def _refusal(status: int, code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message, "more_info": f"https://twilio.test/{code}", "status": status}
