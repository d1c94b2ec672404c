"""A real mail server on loopback that keeps what it takes, and refuses as it is told."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATIENCE_SECONDS = 30
USER, PASSWORD = "outcry", "p@ss:word"


class Mailbox:
    """What the server was sent. `answers` are given to the next messages instead of taking them."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.encrypted: list[bool] = []
        self.answers: list[str] = []
        self.refused_recipients: dict[str, str] = {}
        self._taken = threading.Condition()

    async def taken(self, count: int = 1) -> None:
        """Wait until so many messages have been taken. Raises TimeoutError."""

        def wait() -> bool:
            with self._taken:
                return self._taken.wait_for(lambda: len(self.messages) >= count, PATIENCE_SECONDS)

        if not await asyncio.to_thread(wait):
            raise TimeoutError("no mail came")

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refused_recipients:
            return self.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.recipients.append(list(envelope.rcpt_tos))
        self.encrypted.append(session.ssl is not None)
        with self._taken:
            self._taken.notify_all()
        return "250 taken"


@contextmanager
def mail_server(mailbox: Mailbox, certificate: Path | None = None) -> Iterator[int]:
    """Serves `mailbox` and gives its port; with a certificate it asks for STARTTLS, and for USER and PASSWORD."""
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        options = {
            "tls_context": context,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _check,
        }
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        controller = _OnSocket(mailbox, listener, port, **options)
        controller.start()
        try:
            yield port
        finally:
            controller.stop()


class _OnSocket(Controller):
    """Listens on a socket that is bound already, so that nobody else can have its port."""

    def __init__(self, mailbox: Mailbox, listener: socket.socket, port: int, **options: Any) -> None:
        super().__init__(mailbox, hostname="127.0.0.1", port=port, **options)
        self._listener = listener

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listener)


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)


def make_certificate(path: Path) -> None:
    """A key and a certificate of it for localhost that whoever trusts this very file believes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
