"""A peer that speaks Stripe's protocol as far as we use it, for what `localstripe` lacks: Connect and idempotency.

It checks every request against the SDK's own parameter types, honours Idempotency-Key, and sends events signed by the
SDK's scheme. It can carry a request out and then fail to answer.
"""

import hmac
import json
from collections.abc import Callable
from typing import Any

import httpx

from outcry.kernel.times import unix_seconds
from tests.support.stripe_params import WrongParameter, check, nested, params_type

SECRET_KEY, WEBHOOK_SECRET = "sk_test_peer", "whsec_peer"


class Refused(Exception):
    """Answered with an error object."""

    def __init__(self, status: int, kind: str, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.error = {"type": kind, "code": code, "message": message or code}


# (method, path with {} for ids) -> (module, params type, method of the peer)
_ROUTES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("POST", "payment_intents"): ("_payment_intent_create_params", "PaymentIntentCreateParams", "create_intent"),
    ("GET", "payment_intents/{}"): ("_payment_intent_retrieve_params", "PaymentIntentRetrieveParams", "retrieve"),
    ("POST", "payment_intents/{}/cancel"): ("_payment_intent_cancel_params", "PaymentIntentCancelParams", "cancel"),
    ("GET", "payment_intents"): ("_payment_intent_list_params", "PaymentIntentListParams", "list_of"),
    ("POST", "checkout/sessions"): ("checkout._session_create_params", "SessionCreateParams", "create_session"),
    ("GET", "checkout/sessions/{}"): ("checkout._session_retrieve_params", "SessionRetrieveParams", "retrieve"),
    ("POST", "checkout/sessions/{}/expire"): ("checkout._session_expire_params", "SessionExpireParams", "expire"),
    ("POST", "refunds"): ("_refund_create_params", "RefundCreateParams", "create_refund"),
    ("GET", "refunds"): ("_refund_list_params", "RefundListParams", "list_of"),
    ("POST", "transfers"): ("_transfer_create_params", "TransferCreateParams", "create_transfer"),
    ("GET", "transfers"): ("_transfer_list_params", "TransferListParams", "list_of"),
    ("POST", "transfers/{}/reversals"): ("_transfer_reversal_create_params", "TransferReversalCreateParams", "reverse"),
    ("POST", "payouts"): ("_payout_create_params", "PayoutCreateParams", "create_payout"),
    ("GET", "payouts"): ("_payout_list_params", "PayoutListParams", "list_of"),
    ("POST", "accounts"): ("_account_create_params", "AccountCreateParams", "create_account"),
    ("GET", "accounts/{}"): ("_account_retrieve_params", "AccountRetrieveParams", "retrieve"),
    ("POST", "account_links"): ("_account_link_create_params", "AccountLinkCreateParams", "create_link"),
    ("GET", "disputes"): ("_dispute_list_params", "DisputeListParams", "list_of"),
}  # fmt: skip
_FAMILIES = {
    "payment_intents": "pi_", "refunds": "re_", "transfers": "tr_", "payouts": "po_", "disputes": "du_",
}  # fmt: skip


class StripePeer:
    """An ASGI app; serve it, and give its address as `stripe_api_base`."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[Any, int, dict[str, Any]]] = {}
        self.unanswered = 0
        self.replays = 0
        self.requests: list[tuple[str, str]] = []
        self._made = 0

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        form = body.decode() or scope["query_string"].decode()
        status, answer = self.answer(scope["method"], scope["path"].removeprefix("/v1/"), headers, form)
        content = json.dumps(answer).encode()
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": content})

    def answer(self, method: str, path: str, headers: dict[str, str], form: str) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        self.requests.append((method, path))
        try:
            if headers.get("authorization") != f"Bearer {SECRET_KEY}":
                raise Refused(401, "invalid_request_error", "unauthorized")
            account = headers.get("stripe-account")
            key = headers.get("idempotency-key") if method == "POST" else None
            asked = (method, path, form, account)
            if key is not None and key in self.answers:
                known, status, answer = self.answers[key]
                if known != asked:
                    raise Refused(400, "idempotency_error", "idempotency_key_in_use", "other parameters")
                self.replays += 1
            else:
                status, answer = 200, self._act(method, path, nested(form), account)
            if key is not None:
                self.answers[key] = (asked, status, answer)
        except Refused as refused:
            return refused.status, {"error": refused.error}
        except WrongParameter as wrong:
            return 400, {"error": {"type": "invalid_request_error", "code": wrong.code, "param": wrong.name}}
        if self.unanswered and method == "POST":
            self.unanswered -= 1
            return 500, {"error": {"type": "api_error", "message": "the answer was lost"}}
        return status, answer

    def _act(self, method: str, path: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        parts = path.split("/")
        identity = next((part for part in parts if part in self.objects), None)
        pattern = "/".join("{}" if part == identity else part for part in parts)
        if (method, pattern) not in _ROUTES:
            raise Refused(404, "invalid_request_error", "resource_missing", path)
        module, name, action = _ROUTES[method, pattern]
        check(params, params_type(module, name))
        return getattr(self, action)(identity or parts[-1], params, account)

    def _make(self, prefix: str, kind: str, **facts: Any) -> dict[str, Any]:
        self._made += 1
        made = {"id": f"{prefix}{self._made:06d}", "object": kind, "created": unix_seconds(), **facts}
        self.objects[made["id"]] = made
        return made

    # -- what the API does ----------------------------------------------------------------------------------------

    def create_intent(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        made = self._make(
            "pi_",
            "payment_intent",
            amount=int(params["amount"]),
            amount_received=0,
            currency=params["currency"],
            status="requires_payment_method",
            metadata=params.get("metadata", {}),
            last_payment_error=None,
        )
        made["client_secret"] = f"{made['id']}_secret"
        return made

    def create_session(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        line = params["line_items"]["0"]
        amount = int(line["quantity"]) * int(line["price_data"]["unit_amount"])
        made = self._make(
            "cs_",
            "checkout.session",
            amount_total=amount,
            currency=line["price_data"]["currency"],
            status="open",
            payment_intent=None,
            metadata=params.get("metadata", {}),
            success_url=params["success_url"],
            intent_metadata=params["payment_intent_data"]["metadata"],
        )
        made["url"] = f"https://checkout.stripe.test/{made['id']}"
        return made

    def retrieve(self, identity: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        return self.objects[identity]

    def list_of(self, family: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        created = {name: int(value) for name, value in params.get("created", {}).items()}
        found = [
            one
            for one in self.objects.values()
            if one["id"].startswith(_FAMILIES[family])
            and one.get("account") == account
            and created.get("gte", 0) <= one["created"] < created.get("lt", 2**40)
            and params.get("transfer_group", one.get("transfer_group")) == one.get("transfer_group")
        ]
        found.reverse()
        after = params.get("starting_after")
        start = next((place + 1 for place, one in enumerate(found) if one["id"] == after), 0)
        # Pages of two, so that whoever reads only the first is found out.
        page = found[start : start + 2]
        return {"object": "list", "url": f"/v1/{family}", "data": page, "has_more": start + 2 < len(found)}

    def cancel(self, identity: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        return self._end(identity, {"requires_payment_method"}, "canceled")

    def expire(self, identity: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        return self._end(identity, {"open"}, "expired")

    def _end(self, identity: str, before: set[str], after: str) -> dict[str, Any]:
        if self.objects[identity]["status"] not in before:
            raise Refused(400, "invalid_request_error", "unexpected_state")
        self.objects[identity]["status"] = after
        return self.objects[identity]

    def create_refund(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        intent = self.objects.get(params["payment_intent"])
        if intent is None or intent["status"] != "succeeded":
            raise Refused(400, "invalid_request_error", "charge_already_refunded")
        amount = int(params["amount"])
        refunded = intent.get("refunded", 0)
        if refunded + amount > intent["amount"]:
            raise Refused(400, "invalid_request_error", "amount_too_large")
        intent["refunded"] = refunded + amount
        return self._make(
            "re_",
            "refund",
            amount=amount,
            currency=intent["currency"],
            status="pending",
            payment_intent=intent["id"],
            metadata=params.get("metadata", {}),
        )

    def create_transfer(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        destination = self.objects.get(params["destination"])
        if destination is None or not destination["payouts_enabled"]:
            raise Refused(400, "invalid_request_error", "account_invalid")
        amount = int(params["amount"])
        destination["balance"] = destination.get("balance", 0) + amount
        return self._make(
            "tr_",
            "transfer",
            amount=amount,
            currency=params["currency"],
            destination=destination["id"],
            reversed=False,
            transfer_group=params.get("transfer_group"),
            metadata=params.get("metadata", {}),
        )

    def reverse(self, identity: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        transfer = self.objects[identity]
        if transfer["reversed"]:
            raise Refused(400, "invalid_request_error", "transfer_already_reversed")
        transfer["reversed"] = True
        self.objects[transfer["destination"]]["balance"] -= transfer["amount"]
        return self._make("trr_", "transfer_reversal", amount=transfer["amount"], transfer=identity)

    def create_payout(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        owner = self.objects.get(account or "")
        amount = int(params["amount"])
        if owner is None or owner.get("balance", 0) < amount:
            raise Refused(400, "invalid_request_error", "balance_insufficient")
        owner["balance"] -= amount
        return self._make(
            "po_",
            "payout",
            amount=amount,
            currency=params["currency"],
            status="pending",
            failure_code=None,
            account=account,
            metadata=params.get("metadata", {}),
        )

    def create_account(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        return self._make(
            "acct_",
            "account",
            payouts_enabled=False,
            details_submitted=False,
            capabilities={"transfers": "inactive"},
            requirements={"currently_due": ["external_account"]},
            metadata=params.get("metadata", {}),
        )

    def create_link(self, _: str, params: dict[str, Any], account: str | None) -> dict[str, Any]:
        made = self._make("link_", "account_link", **{"for": params["account"]})
        return {**made, "url": f"https://connect.stripe.test/{params['account']}"}

    # -- what happens at Stripe's own pages and banks ------------------------------------------------------------

    def pay(self, reference: str) -> dict[str, Any]:
        """Somebody pays a session or an intent; the event."""
        intent = self._intent_of(reference)
        intent.update(status="succeeded", amount_received=intent["amount"])
        return event("payment_intent.succeeded", intent)

    def decline(self, reference: str, code: str) -> dict[str, Any]:
        """Somebody's card is refused; the event."""
        intent = self._intent_of(reference)
        intent["last_payment_error"] = {"code": "card_declined", "decline_code": code}
        return event("payment_intent.payment_failed", intent)

    def _intent_of(self, reference: str) -> dict[str, Any]:
        found = self.objects[reference]
        if found["object"] == "payment_intent":
            return found
        if found["payment_intent"] is None:
            params = {
                "amount": str(found["amount_total"]),
                "currency": found["currency"],
                "metadata": found["intent_metadata"],
            }
            found["payment_intent"] = self.create_intent("", params, None)["id"]
            found["status"] = "complete"
        return self.objects[found["payment_intent"]]

    def onboard(self, account: str) -> dict[str, Any]:
        """Somebody gives all that is asked for; the event."""
        self.objects[account].update(
            payouts_enabled=True,
            details_submitted=True,
            capabilities={"transfers": "active"},
            requirements={"currently_due": []},
        )
        return event("account.updated", self.objects[account])

    def finish(self, reference: str, status: str, **facts: Any) -> dict[str, Any]:
        """A refund or payout ends; the event."""
        found = self.objects[reference]
        found.update(status=status, **facts)
        if found["object"] == "payout" and status == "failed":
            self.objects[found["account"]]["balance"] += found["amount"]
        kind = f"payout.{status}" if found["object"] == "payout" else "refund.updated"
        return event(kind, found)

    def dispute(self, intent: str, status: str) -> dict[str, Any]:
        """A bank opens a dispute (`needs_response`) or closes it (`won`, `lost`); the event."""
        known = next((one for one in self.objects.values() if one.get("disputes") == intent), None)
        paid = self.objects[intent]
        if known is None:
            known = self._make(
                "du_",
                "dispute",
                amount=paid["amount"],
                currency=paid["currency"],
                payment_intent=intent,
                disputes=intent,
            )
        known["status"] = status
        return event("charge.dispute.created" if status == "needs_response" else "charge.dispute.closed", known)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Every object of a kind."""
        return [one for one in self.objects.values() if one["object"] == kind]


_events = iter(range(1, 1_000_000))


def event(kind: str, what: dict[str, Any]) -> dict[str, Any]:
    """An event as Stripe writes it, with the object as it is now."""
    return {
        "id": f"evt_{next(_events):06d}",
        "object": "event",
        "type": kind,
        "created": unix_seconds(),
        "data": {"object": json.loads(json.dumps(what))},
    }


async def send(
    client: httpx.AsyncClient, told: dict[str, Any], *, secret: str = WEBHOOK_SECRET, late_seconds: int = 0
) -> httpx.Response:
    """Deliver an event to the market's endpoint, signed by the SDK's scheme."""
    body = json.dumps(told).encode()
    stamp = unix_seconds() - late_seconds
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    headers = {"stripe-signature": f"t={stamp},v1={signature}", "content-type": "application/json"}
    return await client.post("/v1/webhooks/stripe", content=body, headers=headers)
