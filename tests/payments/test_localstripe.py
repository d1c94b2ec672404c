"""The provider against `localstripe`, a stand-in of Stripe by others, run as a program (SPEC MON-3).

It limits no refund and honours no key; those are checked against `tests/support/stripe_peer.py`.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from outcry.kernel.ids import new_id
from outcry.kernel.market import BUILT_IN
from outcry.kernel.settings import load_settings
from outcry.payments.providers import Outcome, PaymentRequest, ProviderRefused, ProviderUnavailable, RefundRequest
from outcry.payments.stripe_provider import StripeProvider
from tests.payments.till import until

pytestmark = pytest.mark.anyio
KEY = "sk_test_12345"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("localstripe")
    process = await asyncio.create_subprocess_exec(
        program, "--port", str(port), "--from-scratch",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"

    async def answers() -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"{url}/v1/customers", auth=(KEY, ""))).status_code == 200
        except httpx.TransportError:
            return False

    try:
        await until(answers)
        yield url
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def provider(address: str) -> AsyncIterator[StripeProvider]:
    settings = load_settings({"OUTCRY_STRIPE_SECRET_KEY": KEY, "OUTCRY_STRIPE_API_BASE": address})
    made = StripeProvider(settings, BUILT_IN["default"])
    yield made
    await made.close()


async def intent(client: httpx.AsyncClient, **more: str) -> str:
    """A PaymentIntent of fewer words than ours: localstripe refuses `description` and `transfer_group`."""
    made = await client.post("/payment_intents", data={"amount": "5000", "currency": "usd", **more})
    assert made.status_code == 200, made.text
    return made.json()["id"]


async def test_a_payment_is_read_and_refunded(provider: StripeProvider, address: str) -> None:
    async with httpx.AsyncClient(base_url=f"{address}/v1", auth=(KEY, "")) as client:
        card = {"type": "card", "card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2040"}
        method = (await client.post("/payment_methods", data={**card, "card[cvc]": "123"})).json()["id"]
        customer = (await client.post("/customers", data={"description": "Ada"})).json()["id"]
        await client.post(f"/payment_methods/{method}/attach", data={"customer": customer})
        reference = await intent(client, customer=customer, payment_method=method)
        confirmed = await client.post(f"/payment_intents/{reference}/confirm")
        assert confirmed.status_code == 200, confirmed.text
    assert (await provider.resume_payment(reference)).client_secret == confirmed.json()["client_secret"]
    assert await provider.cancel_payment(reference) is False
    sent = await provider.refund(RefundRequest(new_id(), reference, 2_000, "USD"), key="r")
    assert (sent.reference[:3], sent.outcome) == ("re_", Outcome.DONE)


async def test_an_unpaid_payment_is_called_off(provider: StripeProvider, address: str) -> None:
    async with httpx.AsyncClient(base_url=f"{address}/v1", auth=(KEY, "")) as client:
        reference = await intent(client)
    assert await provider.cancel_payment(reference) is True


async def test_what_stripe_refuses_and_a_wrong_key_are_told_apart(provider: StripeProvider, address: str) -> None:
    # A parameter that a peer does not know is a refusal, not an outage to be tried again.
    with pytest.raises(ProviderRefused):
        await provider.start_payment(PaymentRequest(new_id(), 5_000, "USD", "Camera", None), key="k")
    settings = load_settings({"OUTCRY_STRIPE_SECRET_KEY": "wrong", "OUTCRY_STRIPE_API_BASE": address})
    stranger = StripeProvider(settings, BUILT_IN["default"])
    with pytest.raises(ProviderUnavailable):
        await stranger.resume_payment("pi_none")
    await stranger.close()
