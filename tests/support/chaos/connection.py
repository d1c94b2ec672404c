"""HTTP as lean as it can be: the people of a storm share their cores with the market that they test."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

_HEAD_ENDS = b"\r\n\r\n"
_FORM = "application/x-www-form-urlencoded"
_LIMIT_BYTES = 1 << 22

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answer(msgspec.Struct, frozen=True):
    """What came back; header names are in small letters."""

    status_code: int
    headers: dict[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        return json.loads(self.content)


class Connections:
    """Kept-alive connections to one place, as many as there are calls at once."""

    def __init__(self, base_url: str) -> None:
        self._idle: list[Stream] = []
        self.moved(base_url)

    def moved(self, base_url: str) -> None:
        """To another place: the connections to the old one are of no use."""
        parts = urlsplit(base_url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.close()

    def close(self) -> None:
        """Those that nobody uses just now."""
        for _, writer in self._idle:
            writer.close()
        self._idle = []

    async def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. Raises OSError or EOFError when the other side goes away, and then nobody knows what it did."""
        place = (self._host, self._port)
        if self._idle:
            stream = self._idle.pop()
        else:
            stream = await asyncio.open_connection(*place, limit=_LIMIT_BYTES)
        try:
            stream[1].write(_request(method, path, f"{place[0]}:{place[1]}", headers, body, form))
            answer = await _answer(stream[0])
        except BaseException:
            stream[1].close()
            raise
        if answer.headers.get("connection") == "close" or place != (self._host, self._port):
            stream[1].close()
        else:
            self._idle.append(stream)
        return answer


def _request(
    method: str, path: str, host: str, headers: Mapping[str, str], body: Any, form: Mapping[str, str] | None
) -> bytes:
    content, kind = b"", None
    if form is not None:
        content, kind = urlencode(form).encode(), _FORM
    elif body is not None:
        content, kind = json.dumps(body).encode(), "application/json"
    told = {"Host": host, "Content-Length": str(len(content)), **({"Content-Type": kind} if kind else {}), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + content


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(_HEAD_ENDS)).decode("latin-1")
    status, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding") == "chunked":
        content = await _chunks(reader)
    else:
        content = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(status.split()[1]), headers, content)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        content += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return content
