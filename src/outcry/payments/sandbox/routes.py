"""The sandbox's pages: they work without JavaScript, and whoever has the link may pay."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.types import ControllerRouterHandler

from outcry.kernel.access import Access, access
from outcry.kernel.database import SYSTEM, Database
from outcry.kernel.errors import FieldError
from outcry.kernel.market import Market
from outcry.kernel.money import format_amount
from outcry.payments.return_urls import origin_of
from outcry.payments.sandbox.cards import (
    BANK_ACCOUNTS,
    CARDS,
    FAILURE_WORDS,
    AccountForm,
    CardForm,
    luhn_valid,
)
from outcry.payments.sandbox.checkout import MAX_ATTEMPTS, Checkout, NoSuchPage

BACK_SECONDS = 3
_QUICK_NAME, _QUICK_EXPIRY = "Test Person", "12/40"
_PUBLIC = access(Access.PUBLIC)
_HTML = "text/html; charset=utf-8"
_ENVIRONMENT = Environment(
    loader=PackageLoader("outcry.payments.sandbox", "templates"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
)
_AnyRequest = Request[Any, Any, Any]
_GONE = {
    "heading": "This page is not here any more",
    "told": "Its time is over, or the address is not complete. Start again from where you came.",
    "good": False,
    "link": "/",
    "link_words": "To the market",
}


class PayForm(CardForm, frozen=True):
    """The card's fields, or one of the listed cards at once."""

    quick: str = ""


class BankForm(AccountForm, frozen=True):
    """The account's fields, or one of the listed accounts at once."""

    quick: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What the payer answers their bank."""

    answer: str = ""


@get("/sandbox/checkout/{payment_id:str}", opt=_PUBLIC, include_in_schema=False)
async def checkout_page(
    payment_id: str, database: Database, sandbox_checkout: Checkout, market: Market
) -> Response[Any]:
    """Where to pay, or how it ended."""
    try:
        async with database.transaction(SYSTEM) as tx:
            payment = await sandbox_checkout.read(tx, payment_id)
    except NoSuchPage:
        return _page("result.html", market, _GONE, status=404)
    return _payment_page(payment, market, CardForm(), [])


@post("/sandbox/checkout/{payment_id:str}", opt=_PUBLIC, include_in_schema=False)
async def pay(
    payment_id: str,
    request: _AnyRequest,
    data: Annotated[PayForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    database: Database,
    sandbox_checkout: Checkout,
    market: Market,
) -> Response[Any]:
    """Try a card."""
    form = _quick_card(data.quick) if data.quick else CardForm(data.name, data.number, data.expiry, data.cvc)
    try:
        async with database.transaction(SYSTEM) as tx:
            errors = await sandbox_checkout.pay(tx, payment_id, form)
            payment = await sandbox_checkout.read(tx, payment_id)
    except NoSuchPage:
        return _page("result.html", market, _GONE, status=404)
    if errors:
        return _payment_page(payment, market, form, errors)
    return _onward(request, payment)


@get("/sandbox/checkout/{payment_id:str}/authenticate", opt=_PUBLIC, include_in_schema=False)
async def authentication_page(
    payment_id: str, database: Database, sandbox_checkout: Checkout, market: Market
) -> Response[Any]:
    """The bank asks who pays."""
    try:
        async with database.transaction(SYSTEM) as tx:
            payment = await sandbox_checkout.read(tx, payment_id)
    except NoSuchPage:
        return _page("result.html", market, _GONE, status=404)
    if payment.status != "authenticating":
        return _see_other(f"/sandbox/checkout/{payment.id}")
    return _page("authenticate.html", market, {"payment": payment, "amount": _amount(payment)})


@post("/sandbox/checkout/{payment_id:str}/authenticate", opt=_PUBLIC, include_in_schema=False)
async def authenticate(
    payment_id: str,
    request: _AnyRequest,
    data: Annotated[Answer, Body(media_type=RequestEncodingType.URL_ENCODED)],
    database: Database,
    sandbox_checkout: Checkout,
    market: Market,
) -> Response[Any]:
    """Confirmed or refused."""
    try:
        async with database.transaction(SYSTEM) as tx:
            await sandbox_checkout.authenticate(tx, payment_id, passed=data.answer == "confirm")
            payment = await sandbox_checkout.read(tx, payment_id)
    except NoSuchPage:
        return _page("result.html", market, _GONE, status=404)
    return _onward(request, payment)


@get("/sandbox/onboarding/{page_id:str}", opt=_PUBLIC, include_in_schema=False)
async def onboarding_page(
    page_id: str, database: Database, sandbox_checkout: Checkout, market: Market
) -> Response[Any]:
    """Where to give a bank account."""
    try:
        async with database.transaction(SYSTEM) as tx:
            page = await sandbox_checkout.onboarding(tx, page_id)
    except NoSuchPage:
        return _page("result.html", market, _GONE, status=404)
    return _page("onboarding.html", market, _bank_facts(page, AccountForm(), []))


@post("/sandbox/onboarding/{page_id:str}", opt=_PUBLIC, include_in_schema=False)
async def give_account(
    page_id: str,
    request: _AnyRequest,
    data: Annotated[BankForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
    database: Database,
    sandbox_checkout: Checkout,
    market: Market,
) -> Response[Any]:
    """Take the bank account."""
    form = AccountForm(_QUICK_NAME, data.quick) if data.quick else AccountForm(data.holder, data.account)
    try:
        async with database.transaction(SYSTEM) as tx:
            page = await sandbox_checkout.onboarding(tx, page_id)
            errors = await sandbox_checkout.give_account(tx, page_id, form)
    except NoSuchPage:
        return _page("result.html", market, _GONE, status=404)
    if errors:
        return _page("onboarding.html", market, _bank_facts(page, form, errors), status=422)
    if _is_ours(request, page.return_url):
        return _see_other(page.return_url)
    facts = {"heading": "Saved", "told": "Your payout account is set up.", "good": True}
    return _page("result.html", market, {**facts, **_back(page.return_url)})


@get("/sandbox/style.css", opt=_PUBLIC, include_in_schema=False)
async def styles() -> Response[bytes]:
    """The style sheet beside that of all pages."""
    return Response(_style(), media_type="text/css", headers={"Cache-Control": "max-age=300"})


@lru_cache(1)
def _style() -> bytes:
    return resources.files("outcry.payments.sandbox").joinpath("style.css").read_bytes()


def _payment_page(payment: Any, market: Market, form: CardForm, errors: Sequence[FieldError]) -> Response[Any]:
    back = _back(payment.return_url)
    if payment.status == "paid":
        told = f"{_amount(payment)} was paid with {payment.brand} ending in {payment.last4}."
        return _page("result.html", market, {"heading": "Paid", "told": told, "good": True, **back})
    if payment.status == "cancelled" or payment.expired or payment.attempts >= MAX_ATTEMPTS:
        told = "It was called off, its time is over, or it failed too often. Nothing was charged."
        return _page("result.html", market, {"heading": "This payment has ended", "told": told, "good": False, **back})
    if payment.status == "authenticating":
        return _see_other(f"/sandbox/checkout/{payment.id}/authenticate")
    facts = {
        "payment": payment,
        "amount": _amount(payment),
        # A number that may be a real card's is not sent back.
        "form": {"number": form.number if _is_listed(form.number) else "", "expiry": form.expiry, "name": form.name},
        "errors": {error.field: error.message for error in errors},
        "failure": FAILURE_WORDS.get(payment.failure_code or "") if not errors else None,
        "cards": CARDS,
    }
    return _page("checkout.html", market, facts, status=422 if errors else 200)


def _is_listed(number: str) -> bool:
    digits = number.replace(" ", "").replace("-", "")
    return not digits.isdigit() or not luhn_valid(digits) or any(card.number == digits for card in CARDS)


def _quick_card(number: str) -> CardForm:
    return CardForm(_QUICK_NAME, number, _QUICK_EXPIRY, "1234" if number.startswith("3") else "123")


def _onward(request: _AnyRequest, payment: Any) -> Response[Any]:
    if payment.status == "paid" and payment.return_url and _is_ours(request, payment.return_url):
        return _see_other(payment.return_url)
    return _see_other(f"/sandbox/checkout/{payment.id}")


def _is_ours(request: _AnyRequest, url: str) -> bool:
    """Whether a form's answer may lead there: browsers refuse another origin (our `form-action`)."""
    return url.startswith("/") or origin_of(url) == origin_of(str(request.base_url))


def _back(url: str | None) -> dict[str, Any]:
    if url is None:
        return {"link": None}
    words = "Continue"
    return {"link": url, "link_words": words, "refresh_url": url, "refresh_seconds": BACK_SECONDS}


def _bank_facts(page: Any, form: AccountForm, errors: Sequence[FieldError]) -> dict[str, Any]:
    return {
        "page": page,
        "form": form,
        "errors": {error.field: error.message for error in errors},
        "accounts": BANK_ACCOUNTS,
    }


def _amount(payment: Any) -> str:
    return format_amount(payment.amount, payment.currency)


def _page(template: str, market: Market, facts: Mapping[str, Any], *, status: int = 200) -> Response[Any]:
    body = _ENVIRONMENT.get_template(template).render(market=market, **facts)
    return Response(body, status_code=status, media_type=_HTML, headers={"Cache-Control": "no-store"})


def _see_other(url: str) -> Response[Any]:
    return Response("", status_code=303, headers={"Location": url, "Cache-Control": "no-store"})


ROUTES: Sequence[ControllerRouterHandler] = [
    checkout_page, pay, authentication_page, authenticate, onboarding_page, give_account, styles,
]  # fmt: skip
