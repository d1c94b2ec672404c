"""One person of the sample world at the public API: signs up or logs in, calls, and takes refusals as they come."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from outcry.demo.world import PASSWORD, Person

UNAUTHORIZED = 401
BUSY = (429, 503)
MAX_ATTEMPTS = 5
MAX_WAIT_SECONDS = 65.0
CONSENTS = {"offer_agreement": True, "personal_data": True}


Query = Mapping[str, str | int]


class Refused(Exception):
    """The API said no: `code` and `status` of the problem, and its members."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail') or problem.get('title')}")
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem


def problem_of(response: httpx.Response) -> Refused:
    """The refusal in an answer."""
    try:
        problem: Any = response.json()
    except ValueError:
        problem = {"detail": response.text[:200]}
    return Refused(response.status_code, problem if isinstance(problem, dict) else {})


def wait_seconds(response: httpx.Response, otherwise: float = 1.0) -> float:
    """What `Retry-After` asks for, within MAX_WAIT_SECONDS."""
    try:
        asked = float(response.headers.get("Retry-After", otherwise))
    except ValueError:
        asked = otherwise
    return min(max(asked, 0.1), MAX_WAIT_SECONDS)


class Member:
    """A person with a session. Safe for concurrent calls; signs in again when its token has run out."""

    def __init__(self, client: httpx.AsyncClient, person: Person) -> None:
        self.person = person
        self.user_id = ""
        self._client = client
        self._token = ""
        self._signing_in = asyncio.Lock()

    async def sign_in(self, *, may_be_new: bool = False) -> bool:
        """Log in; sign up first when the account `may_be_new`. Returns whether it was made now. Raises Refused."""
        credentials = {"email": self.person.email, "password": PASSWORD}
        if may_be_new:
            try:
                session = await self._send(
                    "POST", "/v1/auth/signup", {**credentials, "display_name": self.person.name, "consents": CONSENTS}
                )
                self._keep(session)
                return True
            except Refused as refused:
                if refused.code != "email_taken":
                    raise
        self._keep(await self._send("POST", "/v1/auth/login", credentials))
        return False

    def _keep(self, session: dict[str, Any]) -> None:
        self._token = session["access_token"]
        self.user_id = session["user"]["id"]

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        patient: bool = True,
        query: Query | None = None,
    ) -> Any:
        """The answer's JSON. When `patient`, waits as 429 and 503 ask. Raises Refused, httpx.HTTPError."""
        token = self._token
        try:
            return await self._send(method, path, body, key=key, token=token, patient=patient, query=query)
        except Refused as refused:
            if refused.status != UNAUTHORIZED:
                raise
        async with self._signing_in:
            if self._token == token:
                await self.sign_in()
        return await self._send(method, path, body, key=key, token=self._token, patient=patient, query=query)

    async def _send(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        key: str | None = None,
        token: str = "",
        patient: bool = True,
        query: Query | None = None,
    ) -> Any:
        headers: dict[str, str] = {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key is not None:
            headers["Idempotency-Key"] = key
        for attempt in range(MAX_ATTEMPTS):
            response = await self._client.request(method, path, json=body, headers=headers, params=query or None)
            if response.is_success:
                return response.json() if response.content else None
            if response.status_code not in BUSY or not patient or attempt == MAX_ATTEMPTS - 1:
                raise problem_of(response)
            await asyncio.sleep(wait_seconds(response))
        raise AssertionError("the last attempt answers or raises")
