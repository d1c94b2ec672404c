"""Keys and ciphers (SPEC SEC-1): one root key ring; everything else is derived from it by purpose.

Personal data is AES-256-GCM with the key's number in front, so that a new root key writes while older ones still
read; what must be found is searched by keyed hashes, one for each root key. `kernel.reencryption` brings older rows
under the newest key, after which the others can go.
"""

import hmac
import json
import os
import secrets
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outcry.kernel.settings import Settings

_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_GENERATED_KEY_BYTES = 32
SECRETS_FILE = "secrets.json"


class DecryptionError(ValueError):
    """The data was made with a key that is no longer in the ring, or was changed."""


class KeyRing:
    """Root keys, newest first. Derives keys by purpose, encrypts, and hashes for look-up."""

    def __init__(self, *root_keys: str) -> None:
        if not root_keys or not all(root_keys):
            raise ValueError("a key ring needs at least one root key")
        self._roots = [key.encode() for key in root_keys]
        self._ciphers: dict[bytes, AESGCM] = {}
        for root in self._roots:
            key = _derive(root, "personal-data", 32)
            self._ciphers[sha256(key).digest()[:_KEY_ID_BYTES]] = AESGCM(key)
        self._ids = list(self._ciphers)
        self._hash_keys = [_derive(root, "look-up", 32) for root in self._roots]

    @property
    def current_id(self) -> bytes:
        """The number of the newest root key; rows note it as `key_id` beside what was made with it."""
        return self._ids[0]

    @property
    def older_ids(self) -> list[bytes]:
        """The numbers of the other root keys, newest first."""
        return self._ids[1:]

    def derive(self, purpose: str, length_bytes: int = 32) -> bytes:
        """A key for `purpose` from the newest root."""
        return _derive(self._roots[0], purpose, length_bytes)

    def derive_all(self, purpose: str, length_bytes: int = 32) -> list[bytes]:
        """The keys for `purpose` from every root, newest first: sign with the first, check with all."""
        return [_derive(root, purpose, length_bytes) for root in self._roots]

    def encrypt(self, text: str, *, context: str) -> bytes:
        """AES-256-GCM; `context` (the column, say) must be the same to decrypt."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.current_id].encrypt(nonce, text.encode(), context.encode())
        return self.current_id + nonce + sealed

    def decrypt(self, blob: bytes, *, context: str) -> str:
        """What `encrypt` was given. Raises DecryptionError."""
        key_id, nonce = blob[:_KEY_ID_BYTES], blob[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(bytes(key_id))
        if cipher is None:
            raise DecryptionError("encrypted with a key that is not in the ring")
        try:
            return cipher.decrypt(nonce, blob[_KEY_ID_BYTES + _NONCE_BYTES :], context.encode()).decode()
        except InvalidTag:
            raise DecryptionError("the encrypted data was changed") from None

    def keyed_hash(self, value: str, *, context: str) -> bytes:
        """32 bytes to look a value up by without storing it, by the newest root: what is written."""
        return _hash(self._hash_keys[0], value, context)

    def keyed_hashes(self, value: str, *, context: str) -> list[bytes]:
        """The same by every root, newest first: what is looked for, since a row may be older than the newest root."""
        return [_hash(key, value, context) for key in self._hash_keys]


def key_id_of(blob: bytes) -> bytes:
    """The number of the root key that `encrypt` made `blob` with."""
    return bytes(blob[:_KEY_ID_BYTES])


def _hash(key: bytes, value: str, context: str) -> bytes:
    return hmac.digest(key, context.encode() + b"\0" + value.encode(), "sha256")


def _derive(root: bytes, purpose: str, length_bytes: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length_bytes, salt=b"outcry", info=purpose.encode()).derive(root)


def load_key_ring(settings: Settings) -> KeyRing:
    """The ring the settings name; in development a root key is generated once and kept in the data folder."""
    current = settings.secret_key or _development_key(settings.data_path)
    previous = [key.strip() for key in settings.secret_key_previous.split(",") if key.strip()]
    return KeyRing(current, *previous)


def _development_key(folder: Path) -> str:
    path = folder / SECRETS_FILE
    folder.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return str(json.loads(path.read_text())["secret_key"])
    key = secrets.token_urlsafe(_GENERATED_KEY_BYTES)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"secret_key": key}, file)
    return key
