"""The built web client: found, read into memory once, answered before any route is looked for (SPEC WEB-1).

`npm run build` leaves `index.html`, files of the root (manifest, service worker, icons) and `assets/` whose names carry
the hash of their content. `index.html` is never served as it is: it becomes the shell that pages stand in.
"""

import gzip
import mimetypes
import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import resources
from pathlib import Path

import msgspec
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from outcry.kernel.errors import NotFound
from outcry.kernel.http import send_problem
from outcry.kernel.security import inline_digest
from outcry.kernel.settings import PREFIX, Settings, SettingsError

MAX_FILES = 2_000
MAX_FILE_BYTES = 8_388_608
MAX_CLIENT_BYTES = 67_108_864
MIN_COMPRESSED_BYTES = 256
NO_CLIENT = "none"
ASSETS = "/assets/"
# For what changes its address with its content.
FOREVER = "public, max-age=31536000, immutable"

_ASK_AGAIN = "no-cache"
_A_DAY = "public, max-age=86400"
# Made by the server, which knows its own address and what is public.
_SERVERS_OWN = frozenset({"/index.html", "/robots.txt", "/sitemap.xml"})
_ALWAYS_FRESH = (".js", ".html", ".webmanifest", ".json", ".txt")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}
_PACKED_TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml", "image/x-icon")
# Best first: what the build left beside the file, as name.br and name.gz.
_PACKINGS = (("br", ".br"), ("gzip", ".gz"))


class Body(msgspec.Struct, frozen=True):
    """One representation of a file."""

    content: bytes
    encoding: str | None
    etag: str


class ClientFile(msgspec.Struct, frozen=True):
    """A file of the client in all its encodings, the smallest first and the plain one last."""

    content_type: str
    cache_control: str
    bodies: tuple[Body, ...]
    is_service_worker: bool = False

    def accepted(self, accept_encoding: str) -> Body:
        """The best body for an Accept-Encoding header."""
        wanted = accepted_encodings(accept_encoding)
        return next(body for body in self.bodies if body.encoding is None or body.encoding in wanted)


class Shell(msgspec.Struct, frozen=True):
    """index.html in three: up to the end of its head, up to inside its root element, and the rest.

    `scripts` are the digests of its inline scripts, as a content policy names them.
    """

    head: str
    body: str
    rest: str
    scripts: tuple[str, ...] = ()


class Client(msgspec.Struct, frozen=True):
    """The built client: its shell, and its other files by path."""

    shell: Shell
    files: dict[str, ClientFile]


def load_client(settings: Settings) -> Client | None:
    """The client the settings name, that of a checkout, or the installed one; None when there is none.

    Raises SettingsError when the settings name a folder that holds no client, or the client is beyond the bounds.
    """
    if settings.client_dir == NO_CLIENT:
        return None
    if settings.client_dir:
        folder = Path(settings.client_dir).expanduser().resolve()
        if not (folder / "index.html").is_file():
            raise SettingsError(f"{PREFIX}CLIENT_DIR: {folder} holds no index.html; `make client` builds web/dist")
        return read_client(folder)
    package = Path(str(resources.files("outcry")))
    for folder in (package.parent.parent / "web" / "dist", package / "client"):
        if (folder / "index.html").is_file():
            return read_client(folder)
    return None


def read_client(folder: Path) -> Client:
    """Read all of a built client. Raises SettingsError when it is not one, or is too big."""
    files: dict[str, ClientFile] = {}
    total_bytes = 0
    for path, file in _files(folder):
        if len(files) >= MAX_FILES or file.stat().st_size > MAX_FILE_BYTES or total_bytes > MAX_CLIENT_BYTES:
            raise SettingsError(f"{PREFIX}CLIENT_DIR: {folder} is too big to be the web client, at {path}")
        made = _read(path, file)
        total_bytes += sum(len(body.content) for body in made.bodies)
        files[path] = made
    return Client(split_shell((folder / "index.html").read_text(encoding="utf-8")), files)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        path = "/" + file.relative_to(folder).as_posix()
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        packed = file.suffix in (".br", ".gz") and file.with_suffix("").is_file()
        if file.is_file() and not hidden and not packed and path not in _SERVERS_OWN:
            yield path, file


def _read(path: str, file: Path) -> ClientFile:
    content = file.read_bytes()
    content_type = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    # A tag for each encoding: a cache must not take one for the other.
    tag = sha256(content).hexdigest()[:20]
    bodies = [Body(content, None, f'"{tag}"')]
    if content_type.startswith(_PACKED_TYPES) and len(content) >= MIN_COMPRESSED_BYTES:
        packed: list[Body] = []
        for encoding, suffix in _PACKINGS:
            beside = file.with_name(file.name + suffix)
            if beside.is_file():
                packed.append(Body(beside.read_bytes(), encoding, f'"{tag}-{encoding}"'))
        if not any(body.encoding == "gzip" for body in packed):
            packed.append(Body(gzip.compress(content, 9, mtime=0), "gzip", f'"{tag}-gzip"'))
        bodies = [*packed, *bodies]
    cache_control = _ASK_AGAIN if file.suffix in _ALWAYS_FRESH else _A_DAY
    if path.startswith(ASSETS):
        cache_control = FOREVER
    return ClientFile(content_type, cache_control, tuple(bodies), path == "/sw.js")


_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)
_ROOT = re.compile(r"""(<div\s[^>]*\bid=["']?root["']?[^>]*>)\s*(?=</div>)""", re.IGNORECASE)
_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# What each page says of itself: the shell's own words must not stand beside the page's.
_OWN_WORDS = re.compile(
    r"""<title>.*?</title>\s*
    |<link\s[^>]*\brel=["']?canonical\b[^>]*>\s*
    |<meta\s[^>]*\b(?:name|property)=["']?(?:description|robots|og:[\w:]+|twitter:[\w:]+)["'\s][^>]*>\s*""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)


def split_shell(html: str) -> Shell:
    """Cut index.html where a page's own words and content go. Raises SettingsError when these places are not there."""
    head_end, root = _HEAD_END.search(html), _ROOT.search(html)
    if head_end is None or root is None or root.start() < head_end.start():
        raise SettingsError(f'{PREFIX}CLIENT_DIR: index.html has no </head>, or no empty <div id="root"></div>')
    head = _OWN_WORDS.sub("", html[: head_end.start()])
    scripts = tuple(inline_digest(text) for text in _INLINE_SCRIPT.findall(html))
    return Shell(head, html[head_end.start() : root.end(1)], html[root.end() :], scripts)


def accepted_encodings(header: str) -> set[str]:
    """The encodings of an Accept-Encoding header that are not refused by `q=0`. Pure."""
    accepted: set[str] = set()
    for part in header.lower().split(","):
        name, _, parameters = part.partition(";")
        if not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameters):
            accepted.add(name.strip())
    return accepted


def serving_client(client: Client | None) -> Callable[[ASGIApp], ASGIApp]:
    """ASGI middleware: answers the client's files itself and lets everything else through."""

    def middleware(app: ASGIApp) -> ASGIApp:
        if client is None:
            return app
        files = client.files

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
                await app(scope, receive, send)
                return
            path: str = scope["path"]
            file = files.get(path)
            if file is not None:
                scope["path_template"] = ASSETS if path.startswith(ASSETS) else path
                await _send_file(file, scope, send)
            elif path.startswith(ASSETS):
                # Of another version of the client: never a page, which a browser would take for a script.
                await send_problem(NotFound(), send)
            else:
                await app(scope, receive, send)

        return served

    return middleware


async def _send_file(file: ClientFile, scope: HTTPScope, send: Send) -> None:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    body = file.accepted(asked.get(b"accept-encoding", ""))
    known = asked.get(b"if-none-match", "")
    is_known = known.strip() == "*" or body.etag in (one.strip().removeprefix("W/") for one in known.split(","))
    headers = [
        (b"cache-control", file.cache_control.encode()),
        (b"etag", body.etag.encode()),
    ]
    if len(file.bodies) > 1:
        headers.append((b"vary", b"Accept-Encoding"))
    if file.is_service_worker:
        headers.append((b"service-worker-allowed", b"/"))
    if not is_known:
        headers += [
            (b"content-type", file.content_type.encode()),
            (b"content-length", b"%d" % len(body.content)),
        ]
        if body.encoding is not None:
            headers.append((b"content-encoding", body.encoding.encode()))
    await send({"type": "http.response.start", "status": 304 if is_known else 200, "headers": headers})
    content = b"" if is_known or scope["method"] == "HEAD" else body.content
    await send({"type": "http.response.body", "body": content, "more_body": False})
