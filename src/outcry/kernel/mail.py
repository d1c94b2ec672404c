"""Mail over SMTP (SPEC NTF-2). Its Message-ID is the message's own, so that a server or a reader can drop the rare
second copy."""

import re
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

import aiosmtplib
import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape

from outcry.kernel.crypto import KeyRing
from outcry.kernel.database import Database
from outcry.kernel.delivery import Delayed, Delivery, Refused
from outcry.kernel.market import Market
from outcry.kernel.messages import QueuedMessage
from outcry.kernel.settings import LOOPBACK_HOSTS, MailServer, Settings, mail_server
from outcry.kernel.storage import Storage
from outcry.kernel.times import utc_now

# Fifteen seconds, doubling up to an hour: about five hours in all, longer than greylisting lasts.
MAX_TRIES = 14
FIRST_RETRY_SECONDS = 15
SEND_SECONDS = 30.0
_PERMANENT = 500
# Wrong name or password is ours to mend, no fault of the message.
_SIGN_IN_REFUSED = frozenset({530, 534, 535, 538})
_LINK = re.compile(r"https?://\S+")
_TEMPLATES = Environment(
    loader=PackageLoader("outcry.kernel", "templates"), autoescape=select_autoescape(["html"]), trim_blocks=True
)


class Block(msgspec.Struct, frozen=True):
    """A part of a mail: lines of words, or a button with its link."""

    lines: tuple[str, ...] = ()
    button: str | None = None
    label: str = ""


def blocks_of(subject: str, body: str) -> list[Block]:
    """A plain mail's paragraphs; a link that stands alone becomes a button. Pure."""
    parts = [part.strip() for part in body.split("\n\n") if part.strip()]
    return [
        Block(button=part, label=subject) if _LINK.fullmatch(part) else Block(tuple(part.splitlines()))
        for part in parts
    ]


def compose(mail: QueuedMessage, files: list[bytes], *, sender: str, market: Market) -> EmailMessage:
    """The message as it goes over the wire: text, HTML, and `files` in the order of the mail's attachments."""
    message = EmailMessage()
    name, address = parseaddr(sender)
    message["From"] = formataddr((name or market.title, address))
    message["To"] = mail.recipient
    message["Subject"] = " ".join(mail.subject.split())
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = f"<{mail.id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    blocks = blocks_of(mail.subject, mail.body)
    html = _TEMPLATES.get_template("mail.html").render(market=market, subject=mail.subject, blocks=blocks)
    message.add_alternative(html, subtype="html")
    for attachment, content in zip(mail.attachments, files, strict=True):
        kind, _, subtype = attachment.content_type.partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=attachment.filename)
    return message


class Mail(Delivery):
    """Sends mail that is queued."""

    channel = "email"
    max_tries = MAX_TRIES
    first_retry_seconds = FIRST_RETRY_SECONDS

    def __init__(self, database: Database, keys: KeyRing, storage: Storage, settings: Settings, market: Market) -> None:
        super().__init__(database, keys)
        self._storage = storage
        self._market = market
        self._sender = settings.mail_from
        self._server: MailServer | None = mail_server(settings.smtp_url) if settings.smtp_url else None

    @property
    def is_set_up(self) -> bool:
        """With `smtp_url`."""
        return self._server is not None

    async def _send(self, message: QueuedMessage) -> None:
        server = self._server
        assert server is not None
        files: list[bytes] = []
        for attachment in message.attachments:
            content = await self._storage.get(attachment.key)
            if content is None:
                raise Delayed(f"attachment {attachment.key} is not in the storage")
            files.append(content)
        mail = compose(message, files, sender=self._sender, market=self._market)
        client = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, use_tls=server.implicit_tls, timeout=SEND_SECONDS
        )
        try:
            async with client:
                if server.username is not None:
                    if not client.is_connected or not _is_private(server, client):
                        raise Delayed("the mail server offers no TLS, so it is not told our password")
                    await client.login(server.username, server.password or "")
                await client.send_message(mail)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as failed:
            raise _told(failed) from None


def _is_private(server: MailServer, client: aiosmtplib.SMTP) -> bool:
    return server.host in LOOPBACK_HOSTS or client.get_transport_info("sslcontext") is not None


def _told(failed: Exception) -> Delayed | Refused:
    """What happened, in words without addresses, since servers like to repeat them."""
    if isinstance(failed, aiosmtplib.SMTPRecipientsRefused):
        failed = failed.recipients[0]
    if isinstance(failed, aiosmtplib.SMTPResponseException):
        words = f"the mail server answered {failed.code}"
        if failed.code >= _PERMANENT and failed.code not in _SIGN_IN_REFUSED:
            return Refused(words)
        return Delayed(words)
    return Delayed(f"the mail server could not be reached: {type(failed).__name__}")
